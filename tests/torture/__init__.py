"""Trying to break it: kills, failing system calls, crowds. Minutes in `make torture`, seconds in tests."""
