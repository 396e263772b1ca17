"""Frontmatter, read: every value as the text that stands there."""

from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler


class _PlainText(YAMLHandler):
    """YAML in which every value is text: no dates, no booleans, no tags, so `no` stays `no`."""

    def load(self, fm: str, **_: object) -> Any:
        return yaml.load(fm, Loader=yaml.BaseLoader)  # noqa: S506 (it makes nothing but text)


def split(text: str) -> tuple[dict[str, str], str]:
    """Return (keys and values, body); ValueError where the frontmatter is no flat YAML of texts."""
    try:
        page = frontmatter.loads(text, handler=_PlainText())
    except (yaml.YAMLError, RecursionError, AttributeError, TypeError) as error:
        raise ValueError("its frontmatter is not YAML") from error
    said: dict[str, str] = {}
    for key, value in page.metadata.items():
        if not isinstance(value, str):
            raise ValueError(f"its frontmatter has an odd value: {str(key)[:40]!r}")
        said[key] = value
    return said, page.content


def body(text: str) -> str:
    """Return what stands below the frontmatter; the whole text where that is not YAML."""
    try:
        return split(text)[1].strip()
    except ValueError:
        return text.strip()
