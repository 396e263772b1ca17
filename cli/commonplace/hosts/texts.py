"""The texts that install brings to a host: instructions, the skill that teaches the verbs, a plugin."""

import json
import os

from commonplace.hosts.connection import OWN
from commonplace.memory import front
from commonplace.place import Place
from commonplace.render import template
from commonplace.settings import Settings


def instructions(here: Place, settings: Settings, program: str) -> str:
    """Return what a host loads at every session: where the memory is, and its rules, within the budget."""
    kept, left_out = rules(here, settings.number("rules.max_chars"))
    page = template(here, "hosts/instructions.md")
    return page.render(root=here.root, program=program, rules=kept, left_out=left_out).strip()


def rules(here: Place, budget: int) -> tuple[list[tuple[str, str]], list[str]]:
    """Return (name, text) of the rules that fit into the budget of characters, and the names of the rest."""
    folder = os.path.join(here.root, "rules")
    kept, left_out = [], []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if not name.endswith(".md") or os.path.islink(path):
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            body = front.body(file.read())
        if len(body) > budget:
            left_out.append(name[:-3])
        else:
            budget -= len(body)
            kept.append((name[:-3], body))
    return kept, left_out


def skills(here: Place) -> list[str]:
    """Return the names of the memory's skills."""
    folder = os.path.join(here.root, "skills")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [name for name in names if os.path.isfile(os.path.join(folder, name, "SKILL.md"))]


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
