"""Every Python process of a test starts with this: it may talk to nobody.

A test that states it (the fixture `loopback`) may talk to this machine. `make test` also closes the network
for all processes, where the system lets it (`unshare`).
"""

import os
import sys

LOOPBACK = "COMMONPLACE_TEST_LOOPBACK"
"""Set in the environment of a test that may talk to this machine."""

_HERE = ("127.", "::1", "localhost")
_ADDRESSED = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
_ASKED = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


class Closed(Exception):
    """A test has tried to reach the network."""


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in _ADDRESSED:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a socket of this machine
    elif event in _ASKED:
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or (os.environ.get(LOOPBACK) and str(host).startswith(_HERE)):
        return
    raise Closed(f"{event}: the network is closed to tests, and this one asked for {host!r}")


sys.addaudithook(_guard)
