"""JSON on the hot path: CPython's own scanner and string encoder, without the `json` package.

`json` imports `re`, which costs 0.7 of a bare Python; the C functions behind it cost nothing. Where they
are missing, `json` itself is used.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class _Context:
    """What the C scanner asks its decoder for."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: "dict[str, str]" = {}  # noqa: RUF012


def loads(text: str) -> object:
    """Return the value that a JSON text holds, or raise ValueError."""
    text = text.strip()
    try:
        from _json import make_scanner
    except ImportError:
        from json import loads as plain

        return plain(text)
    try:
        value, end = make_scanner(_Context())(text, 0)  # type: ignore[arg-type]
    except StopIteration as error:
        raise ValueError(f"no JSON at {error.value}") from None
    except SystemError:  # the scanner looks for the error of a `json` that is not imported
        from json import loads as plain

        return plain(text)
    if end != len(text):
        raise ValueError(f"more after the JSON at {end}")
    result: object = value
    return result


def _encoder() -> "Callable[[str], str]":
    try:
        from _json import encode_basestring
    except ImportError:
        from json import dumps

        return dumps
    found: Callable[[str], str] = encode_basestring
    return found


def dumps(value: "dict[str, object] | str | bool") -> str:
    """Return a JSON text for nested objects of texts and truths: all that our answers are made of."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _encoder()(value)
    parts = []
    for key, inner in value.items():
        if isinstance(inner, dict | str | bool):
            parts.append(f"{dumps(key)}:{dumps(inner)}")
    return "{" + ",".join(parts) + "}"


def hook_output(event: str, model: str, person: str) -> str:
    """Return the answer that Claude Code, Codex and Gemini CLI take alike; "" if nothing is to be said."""
    said: dict[str, object] = {}
    if model:
        said["hookSpecificOutput"] = {"hookEventName": event, "additionalContext": model}
    if person:
        said["systemMessage"] = person
    return dumps(said) if said else ""
