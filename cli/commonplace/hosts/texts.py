"""The texts that install brings to a host: instructions, the skill that teaches the verbs, a plugin."""

import json
import os

from commonplace import files
from commonplace.hosts.connection import OWN
from commonplace.memory import front
from commonplace.place import Place
from commonplace.render import template
from commonplace.settings import Settings
from commonplace.text import visible
from commonplace.worktree import MAX_PAGE


def instructions(here: Place, settings: Settings, program: str) -> str:
    """Return what a host loads at every session: where the memory is, and its rules, within the budget."""
    kept, left_out = rules(here, settings.number("rules.max_chars"))
    page = template(here, "hosts/instructions.md")
    return page.render(root=here.root, program=program, rules=kept, left_out=left_out).strip()


def rules(here: Place, budget: int) -> tuple[list[tuple[str, str]], list[str]]:
    """Return (name, text) of the rules that fit into the budget of characters, and the names of the rest."""
    kept, left_out = [], []
    for name in _names(here, "rules"):
        data = files.read_regular(os.path.join(here.root, "rules", name), MAX_PAGE)
        if not name.endswith(".md") or data is None:
            continue
        body = visible(front.body(data.decode("utf-8", "replace")))
        if len(body) > budget:
            left_out.append(name[:-3])
        else:
            budget -= len(body)
            kept.append((name[:-3], body))
    return kept, left_out


def skills(here: Place) -> list[str]:
    """Return the names of the memory's skills."""
    return [name for name in _names(here, "skills") if _is_skill(os.path.join(here.root, "skills", name))]


def _is_skill(folder: str) -> bool:
    page = os.path.join(folder, "SKILL.md")
    return os.path.isfile(page) and not os.path.islink(folder) and not os.path.islink(page)


def _names(here: Place, folder: str) -> list[str]:
    """Return the plain names in a folder of the memory; none where a link has its place."""
    full = os.path.join(here.root, folder)
    if os.path.islink(full) or not os.path.isdir(full):
        return []
    return sorted(name for name in os.listdir(full) if name.isprintable())


def own(path: str, text: str) -> str:
    """Return a file of instructions that is wholly ours, in the form that its host takes."""
    head = "---\nalwaysApply: true\n---\n" if path.endswith(".mdc") else ""
    return f"{head}<!-- {OWN} -->\n{text}\n"


def skill(here: Place, program: str) -> str:
    """Return the skill that teaches an agent the verbs."""
    return template(here, "hosts/skill.md").render(program=program, root=here.root, own=OWN)


def plugin(program: str) -> str:
    """Return opencode's plugin."""
    from commonplace.shipped import shipped

    with open(os.path.join(shipped("templates"), "hosts", "opencode.js"), encoding="utf-8") as file:
        return file.read().replace("@OWN@", OWN).replace('"@PROGRAM@"', json.dumps(program))
