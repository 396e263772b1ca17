"""Checking arguments by a tool's own schema: the part of JSON Schema that our schemas use."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from commonplace.mcp.protocol import Json

_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool}


def problem(schema: "Json", arguments: "Json") -> str:
    """Return what is wrong with the arguments of a call, "" if nothing is."""
    known: Json = schema["properties"]
    for name in schema.get("required", ()):
        if name not in arguments:
            return f"{name} is missing: {known[name].get('description', '')}"
    for name, value in arguments.items():
        if name not in known:
            return f"{name!r} is not an argument; there are {', '.join(known) or 'none'}"
        if wrong := _wrong(known[name], value):
            return f"{name} {wrong}"
    return ""


def _wrong(schema: "Json", value: object) -> str:
    kind = schema["type"]
    if not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
        return f"must be of type {kind}"
    if value not in schema.get("enum", [value]):
        return f"must be one of {', '.join(schema['enum'])}"
    if isinstance(value, str):
        least, most = schema.get("minLength", 0), schema.get("maxLength", len(value))
        if len(value) < least or len(value) > most:
            return f"must have {least:,} to {most:,} characters; it has {len(value):,}"
    elif isinstance(value, int) and value < schema.get("minimum", value):
        return f"must be at least {schema['minimum']:,}"
    return ""
