"""Templates: a repository's own `templates/` first where `init` made it here, then the shipped ones."""

import os

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from commonplace.place import Place
from commonplace.shipped import shipped
from commonplace.trust import is_trusted

__all__ = ["TemplateError", "template"]


def template(place: Place, name: str, *, own: bool = True) -> Template:
    """Return the template of that name (`boundary/chapter.md`), to be rendered in a sandbox.

    `own` lets the repository's own come before the shipped one.

    Templates that came with a clone are left aside: they would speak to the model unread.
    """
    folders = [os.path.join(place.root, "templates")] if own and is_trusted(place) else []
    # FileSystemLoader, because PackageLoader raises under an editable install.
    loaders = [FileSystemLoader(folder) for folder in (*folders, shipped("templates"))]
    # The output is Markdown; HTML escapes would be noise in it.
    environment = SandboxedEnvironment(
        loader=ChoiceLoader(loaders),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
