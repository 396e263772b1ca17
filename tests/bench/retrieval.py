"""How well recall finds what was said: `--locomo FILE`, `--questions FILE --logs DIR`.

LoCoMo (https://github.com/snap-research/locomo): each turn of a conversation is a fact, each of its sessions
a page. Printed is the share of the evidence turns among the first 20 lines, and among the lines that fit into
the budget. Questions: one JSON object a line, `question` and `answer`, and `repo`, by which the figures are
parted; the logs are those of a host, as it keeps them, in folders below DIR. Printed is the share of the
questions whose answer stands in what is printed within the budget. The data is not part of this repository.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

CODE = Path(__file__).resolve().parents[2] / "cli"
sys.path.insert(0, str(CODE))

from commonplace import fence, ulid  # noqa: E402
from commonplace.memory.pages import bullet  # noqa: E402
from commonplace.memory.topics import Topic, new_page  # noqa: E402
from commonplace.place import Place  # noqa: E402
from commonplace.recall import answer  # noqa: E402

FIRST = 20


def recalled(
    place: Place,
    query: str,
    budget: int,
    source: str,
    home: Path,
    project: str = "",
    *,
    everywhere: bool = False,
) -> answer.Recalled:
    """Return what `recall` prints for a query within a budget, the fence left out but counted."""
    return answer.recall(
        place, {}, query, budget=budget - fence.overhead() - 1, project=project, everywhere=everywhere,
        source=source, now=time.time(), environ={"HOME": str(home)},
    )  # fmt: skip


def memory(folder: Path) -> Place:
    """Return an empty memory repository."""
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return Place(str(folder), str(folder / ".git"))


def locomo(conversation: dict[str, Any], folder: Path) -> tuple[Place, dict[str, str]]:
    """Return a memory that holds a conversation, and the fact's id of each turn (`D1:3` → `^000000000a`)."""
    place, ids = memory(folder), dict[str, str]()
    said = conversation["conversation"]
    number = 0
    while (name := f"session_{number + 1}") in said or f"{name}_date_time" in said:
        number += 1
        lines: list[str] = []
        for turn in said.get(name, ()):
            ids[turn["dia_id"]] = f"^{ulid.short(ulid.new(len(ids)))}"
            text = f"{turn['speaker']}: {turn['text']}"
            lines += bullet(text, ids[turn["dia_id"]][1:])
        topic = Topic("user", name.replace("_", "-"))
        path = folder / topic.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            new_page(topic, f"Said on {said[f'{name}_date_time']}") + "\n## Facts\n" + "\n".join(lines) + "\n"
        )
    return place, ids


def evidence(question: dict[str, Any], ids: dict[str, str]) -> set[str]:
    """Return the facts that answer a question."""
    named = (
        name
        for item in question.get("evidence", ())
        for name in item.replace(";", " ").replace(",", " ").split()
    )
    return {ids[name] for name in named if name in ids}


def of_conversations(
    file: Path, budget: int, scratch: Path
) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Yield a conversation's name and, for each question, the shares in the first 20 and in the budget."""
    for conversation in json.loads(file.read_text()):
        name = str(conversation["sample_id"])
        place, ids = locomo(conversation, scratch / name)
        shares = []
        for question in conversation["qa"]:
            wanted = evidence(question, ids)
            if not wanted:
                continue
            first = recalled(place, question["question"], 100_000, "memory", scratch).ids[:FIRST]
            within = recalled(place, question["question"], budget, "memory", scratch).ids
            shares.append((len(wanted & set(first)) / len(wanted), len(wanted & set(within)) / len(wanted)))
        yield name, shares


def plain(text: str) -> str:
    """Return a text as answers are looked for in it: in lower case, white space made one."""
    return " ".join(text.lower().split())


def of_questions(file: Path, logs: Path, budget: int, scratch: Path) -> Iterator[tuple[dict[str, str], bool]]:
    """Yield each question and whether its answer stands in what is printed."""
    projects = scratch / ".claude" / "projects"
    projects.mkdir(parents=True)
    for number, folder in enumerate(sorted({log.parent for log in logs.rglob("*.jsonl")})):
        (projects / f"{number}-{folder.name}").symlink_to(folder)
    place = memory(scratch / "memory")
    for line in file.read_text().splitlines():
        question = json.loads(line)
        text = recalled(place, question["question"], budget, "sessions", scratch, everywhere=True).text
        yield question, plain(question["answer"]) in plain(text)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--locomo", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--logs", type=Path)
    parser.add_argument("--budget", type=int, default=answer.BUDGET)
    said = parser.parse_args()
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if said.locomo:
            every: list[tuple[float, float]] = []
            print(f"{'conversation':<28} {'questions':>9} {'R@' + str(FIRST):>8} {said.budget:>8,}")
            for name, shares in [*of_conversations(said.locomo, said.budget, scratch), ("all", every)]:
                first, within = (mean(share[k] for share in shares) for k in (0, 1))
                print(f"{name:<28} {len(shares):>9} {first:>8.3f} {within:>8.3f}")
                every += shares if name != "all" else []
        if said.questions:
            answered: dict[str, list[bool]] = {}
            for question, found in of_questions(said.questions, said.logs, said.budget, scratch):
                answered.setdefault(question.get("repo", ""), []).append(found)
            answered["all"] = [found for of_one in answered.values() for found in of_one]
            print(f"{'questions about':<28} {'questions':>9} {said.budget:>8,}")
            for name, found_ in answered.items():
                print(f"{name:<28} {len(found_):>9} {mean(found_):>8.3f}")


if __name__ == "__main__":
    main()
