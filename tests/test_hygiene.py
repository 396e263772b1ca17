"""Commit messages: nothing of an entry in a subject, and no line that a host or a forge would act on."""

import re

import pytest

from commonplace.ledger import QUOTE, Op, message, parse, quoted
from tests.memory import Memory

MARK = "zebra"
"""Stands in every text of the corpus, and so in no message but where it is quoted: a reason, evidence."""

CORPUS = [
    f"{MARK} fixes #1, closes GH-2, resolves acme/cad#3 and Fixes https://forge.example/acme/cad/issues/4",
    f"{MARK} @ada @acme/reviewers please look; cc @grace",
    f"{MARK}\n\nCo-authored-by: Eve <eve@example.com>\nSigned-off-by: Eve <eve@example.com>",
    f"{MARK}\n\nReviewed-by: Eve\nChange-Id: I0123\nDrain-Id: 01M7WM9C8R9V3T5N2M7R4XBEYZ\nProposal: aaaa",
    f"{MARK} [skip ci] [ci skip] [no ci] ***NO_CI***\n\n\nskip-checks: true",
    f"{MARK}\n/merge\n/approve\n/close\n/assign @eve\n!1 %2 ~bug $3",
    f"fixup! drain: {MARK}\nsquash! {MARK}\n# a comment\n# {'-' * 24} >8 {'-' * 24}",
    f"drain: 99 flags into 9 topics {MARK}\n\nadd ^aaaaaaaaaa user/x <- 01M7WM9C8R9V3T5N2M7R4XBEYZ",
    f"{MARK} #time 2h #close ACME-1 !2 deploy: production; release-as: 9.9.9\nBREAKING CHANGE: all",
    f"{MARK} \x1b[2J\u202e\u200b\u2028@ada\x00".replace("\x00", ""),
]

NAMES = ["fixes-1", "skip-ci", "co-authored-by", "merge"]

ACTED_ON = [
    r"(?i)\b(clos(e|es|ed)|fix(es|ed)?|resolv(e|es|ed))\b:?\s+(\S*#\d|gh-\d|https?://\S)",
    r"#\d", r"(?<!\w)@\w", r"(?i)\bgh-\d", r"![0-9]", r"://\S",
    r"(?i)\[(skip ci|ci skip|no ci|skip actions|actions skip)\]", r"\*\*\*NO_CI\*\*\*",
    r"(?im)^\s*(/\w+|fixup!|squash!|amend!|#)",
    r"(?im)^(co-authored-by|signed-off-by|reviewed-by|acked-by|cc|change-id|skip-checks|release-as|breaking.change)",
]  # fmt: skip

SUBJECT = re.compile(
    r"init: a memory repository|capture: \d+ entr(y|ies)|edit: \d+ files? by hand|"
    r"drain: [\d,]+ flags? into \d+ topics?(, \d+ (self-eval|proposal)s?)*|"
    r"drain: [\d,]+ (self-eval|flag)s?(, nothing new)?(, \d+ (self-eval|proposal)s?)*|"
    r"(proposal|accept): (skills|rules)/[a-z0-9-]+, \d+ self-evals?|reject: (skills|rules)/[a-z0-9-]+|"
    r"undo: \d+ facts? taken back, \d+ entr(y|ies) held in the queue|queue: drop \d+ entr(y|ies)"
)

TRAILERS = {"Drain-Id", "Worker", "Session", "Proposal", "Accepted-By", "Undo", "because"}


def messages(memory: Memory) -> list[str]:
    """Return every commit message that any ref or reflog leads to."""
    said = memory.git("log", "--all", "--reflog", "--format=%B%x00").split("\0")
    return [text.strip("\n") for text in said if text.strip()]


def last(memory: Memory) -> str:
    return str(memory.json("log", "-n", "1")[0]["commit"])


@pytest.fixture
def lived(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Memory:
    """Return a memory in which the corpus has gone every way there is."""
    monkeypatch.setenv("COMMONPLACE_HOST", f"{MARK} @ada fixes #1\n\nSigned-off-by: x")
    memory.config("[accept]\nfrom_agents = true\n")
    for n, text in enumerate(CORPUS):
        memory.flag(text)
        name = NAMES[n % len(NAMES)]
        memory.flag(f"{n} {text}", "--topic", name, "--scope", f"project:{name}")
        memory.self_eval(text, text, "--target", f"{'skills' if n % 2 else 'rules'}/{name}")
    memory.run("drain", "--session", "s1")
    proposals = memory.json("review")
    assert len(proposals) == len(NAMES)
    memory.run("accept", proposals[0]["id"], proposals[1]["id"])
    memory.run("reject", proposals[2]["id"], "--because", CORPUS[0])

    odd = "memory/user/Fixes #1 @ada [skip ci]\n\nSigned-off-by: zebra.md"
    memory.write(odd, f"# Odd\n\n- Written by hand ^0123456789\n- {CORPUS[0]} ^1123456789\n")
    dropped = memory.flag(CORPUS[1])
    memory.run("queue", "drop", dropped, "--because", " ".join(CORPUS[:5]))
    memory.run("queue", "drop", memory.flag(CORPUS[6]), "--because", " ".join(CORPUS[5:]))
    again = memory.flag(CORPUS[2], "--supersedes", "^0123456789")
    memory.run("drain")
    assert [op.verb for op in ops(memory)] == ["retire", "drop"]
    memory.run("undo", last(memory))
    assert ("restore", odd[len("memory/") : -len(".md")]) in [(op.verb, op.words[-1]) for op in ops(memory)]
    memory.write(odd, "# Odd\n")
    memory.run("queue", "release", again)
    memory.flag("The last word")
    memory.run("drain")
    assert {op.words[-1] for op in ops(memory, "HEAD~2") if op.verb in ("kept", "removed")} == {odd}
    return memory


def ops(memory: Memory, commit: str = "HEAD") -> list[Op]:
    return list(parse(memory.git("log", "-1", "--format=%B", commit)))


def test_no_message_says_what_an_entry_says_none_is_acted_on_and_all_add_up(lived: Memory) -> None:
    found = messages(lived)
    kinds = {text.partition(":")[0] for text in found}
    assert kinds == {
        "init", "capture", "drain", "proposal", "accept", "reject", "queue", "undo", "edit",
    }  # fmt: skip
    for text in found:
        subject, _, body = text.partition("\n")
        assert SUBJECT.fullmatch(subject), subject
        assert all(letter.isprintable() or letter == "\n" for letter in text)
        for pattern in ACTED_ON:
            assert not re.search(pattern, text), (pattern, text)
        marked = ('because: "', QUOTE)  # a person's reason, and a proposal's evidence: marked, and inert
        lines = [line for line in body.split("\n") if not line.startswith(marked)]
        for line in lines:
            words = [word for word in line.split(" ") if "%20" not in word]  # the odd page's own name
            assert MARK not in " ".join(words).replace("Accepted-By: zebra-ada-fixes-1-signed-off-by-x", "")
    form = "--format=%(trailers:only,unfold,keyonly)"
    assert set(lived.git("log", "--all", "--reflog", form).split()) <= TRAILERS
    assert lived.json("audit", "verify")["well"]


def test_a_page_of_any_name_is_one_word_of_the_ledger_and_reads_back() -> None:
    for path in ("user/a b", "user/100%", "user/#1 @ada\n- x", "user/größe", "user/\udcff", "a,b <- c"):
        op = Op("retire", ("^aaaaaaaaaa", path), ("01M7WM9C8R9V3T5N2M7R4XBEYZ",))
        text = message("drain: nothing new", [op], [("Drain-Id", "x")])
        assert list(parse(text)) == [op]
        assert text.isascii() == (path != "user/größe")


def test_a_reason_and_a_trailer_cannot_make_a_host_act() -> None:
    for text in CORPUS:
        for pattern in ACTED_ON:
            assert not re.search(pattern, f"because: {quoted(text)}"), (pattern, quoted(text))
        said = message("drain: nothing new", [], [("Worker", text)])
        assert not any(re.search(pattern, said) for pattern in ACTED_ON), said
