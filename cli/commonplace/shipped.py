"""Where the files that come with the program lie: in the installed package, or beside a checkout."""

import os

_HERE = os.path.dirname(os.path.abspath(__file__))
_IN_CHECKOUT = {"templates": "templates", "skeleton": "memory-repo-skeleton"}


def shipped(name: str) -> str:
    """Return the folder of the shipped `templates` or `skeleton`."""
    inside = os.path.join(_HERE, name)
    if os.path.isdir(inside):
        return inside
    return os.path.join(os.path.dirname(os.path.dirname(_HERE)), _IN_CHECKOUT[name])
