"""Settings and boundary texts, compiled once into the private folder and read from there.

Reading TOML and rendering a template would cost a hook more than everything else it does. The
compiled file carries the size and time of each of its sources; whoever finds it stale compiles it
anew. Standard library only: this is on the hot path.
"""

import os
import sys

from commonplace import __version__, files
from commonplace.place import Place, personal_settings, read
from commonplace.shipped import shipped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TEXTS = ("boot", "chapter", "compaction", "compacted", "candidates", "summary", "subagent")
"""The boundaries that have a text: templates/boundary/<name>.md"""


def load(place: Place, environ: "Mapping[str, str]") -> dict[str, str]:
    """Return the settings (`drain.at_session_end` → "true") and texts (`text.chapter`).

    A settings file that cannot be read is told under `error`, and the defaults stand.
    """
    stamp = _stamp(place, environ)
    cache = place.inside("compiled")
    values = _parse(read(cache))
    if values.get("stamp") == stamp:
        return values
    from commonplace import private
    from commonplace.settings import compile_values

    private.renew(place)
    values = {"stamp": stamp, **compile_values(place, environ)}
    try:
        files.replace(cache, _format(values).encode())
    except OSError:
        return values  # a read-only or full disk: slower, not wrong
    return values


def _stamp(place: Place, environ: "Mapping[str, str]") -> str:
    sources = [os.path.join(place.root, "commonplace.toml"), personal_settings(environ)]
    for folder in (shipped("templates"), os.path.join(place.root, "templates")):
        sources += [os.path.join(folder, "boundary", f"{name}.md") for name in TEXTS]
    sources += [place.inside("made-here"), place.inside("trusted")]
    sources.append(os.path.join(os.path.dirname(__file__), "settings.py"))  # an upgrade may bring keys
    marks = [__version__, place.root, sys.executable]  # the texts name the command, and where the memory is
    for path in sources:
        try:
            status = os.stat(path)
        except OSError:
            marks.append("-")
        else:
            marks.append(f"{status.st_size}:{status.st_mtime_ns}")
    return " ".join(marks)


def _format(values: dict[str, str]) -> str:
    """Write each value as `key length` on one line and the value on the next."""
    return "".join(f"{key} {len(value)}\n{value}\n" for key, value in values.items())


def _parse(text: str) -> dict[str, str]:
    values = {}
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        key, _, length = text[position:end].partition(" ")
        if end < 0 or not length.isdigit():
            return {}
        position = end + 1 + int(length)
        values[key] = text[end + 1 : position]
        position += 1
    return values
