"""The MCP server: `commonplace mcp` over stdio, pull only, alive only while its client is.

Our own implementation on the standard library alone: a client waits for it at every start.
"""
