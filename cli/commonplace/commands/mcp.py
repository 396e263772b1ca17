"""`commonplace mcp`: the MCP server. It is started in `hot`; this adds help."""

from commonplace import hot
from commonplace.commands.options import Repo, forwarded

NAME = "mcp"
EXAMPLE = "Example: commonplace mcp --repo ~/memory"


def command(repo: Repo = "") -> int:
    """Serve the memory to an MCP client over standard input and output, until the client goes.

    A host starts it: commonplace install HOST --mcp. Tools: retrieve_context, flag, self_eval,
    mark_chapter, why, status; the topics as resources; a prompt that closes a session.
    """
    return hot.run("mcp", forwarded(repo=repo))
