"""Templates: a repository's own `templates/` first where `init` made it here, then the shipped ones."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import active_count
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from commonplace.place import Place
from commonplace.shipped import shipped
from commonplace.trust import is_trusted

__all__ = ["TemplateError", "template"]

STEPS = 2_000_000
"""The most lines of Python that rendering a template may take: less than a second, and far more than all of
a memory's facts take.
"""

MEMORY = 1 << 28
"""How many bytes reading and rendering a template may take beyond what the process has, where the platform
can bound it.
"""

_MOST = 1 << 24
"""The longest text that a template may make, in characters."""

_LARGE = 1 << 20
"""The largest number on either side of `*` and `**`; the largest exponent is 64."""


class _Sandbox(SandboxedEnvironment):
    """Jinja's sandbox, with arithmetic that can neither fill the memory nor take for ever."""

    intercepted_binops = frozenset(["*", "**"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Return the product or the power, TemplateError if it could be huge."""
        numbers = [side for side in (left, right) if isinstance(side, int | float)]
        large = any(abs(side) > _LARGE for side in numbers)
        if large or (operator == "**" and abs(numbers[-1] if numbers else 0) > 64):
            raise TemplateError(f"{operator} makes something too large")
        return super().call_binop(context, operator, left, right)


class _Bounded(Template):
    """A template whose rendering is bounded in steps and in memory, whatever stands in it."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Return the text, or raise TemplateError."""
        with _within_bounds():
            text = super().render(*args, **kwargs)
        if len(text) > _MOST:
            raise TemplateError(f"it makes {len(text):,} characters; {_MOST:,} are the most")
        return text


_Sandbox.template_class = _Bounded


@contextmanager
def _within_bounds() -> Iterator[None]:
    """Let what follows take STEPS and MEMORY at most; TemplateError if it wants more."""
    before, give_back = sys.gettrace(), _bound_memory()
    left = STEPS

    def count(*_: Any) -> Callable[..., Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise TemplateError(f"it takes more than {STEPS:,} steps")
        return count

    sys.settrace(count)
    try:
        yield
    except (MemoryError, OverflowError, RecursionError) as error:
        raise TemplateError(f"it is too large or too deep ({type(error).__name__})") from None
    finally:
        sys.settrace(before)
        give_back()


def _bound_memory() -> Callable[[], None]:
    """Lower the bound of the process's memory; return what puts it back.

    The bound is the whole process's and is inherited: where threads run that may start others, there is none.
    """
    if active_count() > 1:
        return lambda: None
    try:
        from resource import RLIMIT_AS, getrlimit, setrlimit

        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
    except (ImportError, OSError):
        return lambda: None
    old = getrlimit(RLIMIT_AS)
    most = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    if old[0] != -1 and old[0] <= most:
        return lambda: None
    setrlimit(RLIMIT_AS, (most, old[1]))
    return lambda: setrlimit(RLIMIT_AS, old)


def template(place: Place, name: str, *, own: bool = True) -> Template:
    """Return the template of that name (`boundary/chapter.md`), to be rendered in a sandbox.

    `own` lets the repository's own come before the shipped one.

    Templates that came with a clone are left aside: they would speak to the model unread.
    """
    folders = [os.path.join(place.root, "templates")] if own and is_trusted(place) else []
    # FileSystemLoader, because PackageLoader raises under an editable install.
    loaders = [FileSystemLoader(folder) for folder in (*folders, shipped("templates"))]
    # The output is Markdown; HTML escapes would be noise in it.
    environment = _Sandbox(
        loader=ChoiceLoader(loaders),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    with _within_bounds():  # constant expressions are worked out when it is read
        return environment.get_template(name)
