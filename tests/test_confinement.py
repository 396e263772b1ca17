"""Confinement: nothing outside of the repository's folders is written, and nothing that a repository carries
(configuration, hooks, filters, attributes, templates) runs.
"""

import os
import shutil
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from commonplace import refs
from tests.hostile import CANARY, ULID, plant
from tests.memory import Memory
from tests.talk import answers, call, request

AGENTS = "[accept]\nfrom_agents = true\n"

INSIDE = ("queue", "memory", "skills", "rules", "rejected", ".git")
"""What a verb may write in a memory repository."""


def around(memory: Memory) -> dict[str, tuple[int, str]]:
    """Return path → (mode, what it holds) for all that lies around a repository's own folders, the user's
    home included; the settings that a test writes there are left out.
    """
    found = {}
    for folder, folders, names in os.walk(memory.scratch):
        if Path(folder) == memory.root:
            folders[:] = [name for name in folders if name not in INSIDE]
        for name in [*folders, *names]:
            if Path(folder) == memory.root and name in INSIDE:
                continue
            path = os.path.join(folder, name)
            status = os.lstat(path)
            held = os.readlink(path) if stat.S_ISLNK(status.st_mode) else ""
            if stat.S_ISREG(status.st_mode):
                held = sha256(Path(path).read_bytes()).hexdigest()
            found[path] = (status.st_mode, held)
    return found


def every_verb(memory: Memory) -> None:
    """Use all that reads or writes a memory; each may refuse, and none may fail as a bug does."""
    flags = [memory.run("flag", f"One {n} of deploy", "--topic", "deploy", code=None) for n in range(2)]
    for name in ("skills/linked", "rules/linked", "skills/out", "skills/new", "rules/pipe"):
        memory.run(
            "self-eval", "--snag", f"hung at {name}", "--better", f"clip {name}", "--target", name, code=None
        )
    first = flags[0].stdout.strip()
    said = [("boot",), ("queue",), ("drain", "--dry-run"), ("drain",), ("review",), ("accept", "--all")]
    said += [
        ("why", f"^{first[-10:].lower()}"),
        ("why", "memory/user/linked.md:5"),
        ("recall", "deploy"),
        ("status",),
    ]
    said += [
        ("log",),
        ("doctor",),
        ("undo", "HEAD~1"),
        ("queue", "release", "--all"),
        ("queue", "restore", "--all"),
    ]
    said += [
        ("drain",),
        ("flag", "x", "--topic", "linked"),
        ("drain",),
        ("decay",),
        ("watch", "--drain-idle", "x"),
    ]
    for words in said:
        if words == ("accept", "--all"):
            for proposal in memory.json("review", code=None):
                memory.run("accept", proposal["id"], code=None)
        done = memory.run(*words, code=None)
        assert done.returncode in (0, 1, 2), (words, done.stdout, done.stderr)
        assert "outside" not in done.stdout, words


def test_links_pipes_and_depths_lead_no_verb_out_of_the_folders(memory: Memory) -> None:
    memory.config(AGENTS)
    outside = memory.scratch / "outside"
    plant(memory.root, outside)
    before = around(memory)
    every_verb(memory)
    answers(
        memory, call(1, "retrieve_context", query=CANARY), call(2, "status"), request(3, "resources/list"),
        *[request(f"commonplace://memory/{name}.md", "resources/read", uri=f"commonplace://memory/{name}.md")
          for name in ("user/linked", "user/pipe", "project/acme/page")],
    )  # fmt: skip
    assert around(memory) == before
    assert "One 1 of deploy" in memory.page("deploy")
    assert CANARY not in memory.out("recall", CANARY, "--scope", "project:acme")
    assert (memory.root / "memory/user/linked.md").is_symlink()
    assert "clip" not in (outside / "page.md").read_text()
    assert (outside / f"{ULID}.flag.md").exists()
    assert (memory.root / "skills/new/SKILL.md").read_text().count("clip skills/new") == 1


@pytest.mark.parametrize(
    "folder", ["queue", "memory", "memory/user", "skills", "rules", "rejected", "templates"]
)
def test_a_whole_folder_that_is_a_link_leads_no_verb_out(memory: Memory, folder: str) -> None:
    memory.config(AGENTS)
    memory.flag("Two of deploy", "--topic", "deploy")
    memory.run("drain")
    outside = memory.scratch / "outside"
    if (memory.root / folder).exists():
        shutil.move(memory.root / folder, outside)
    else:
        outside.mkdir()
    (outside / "rule.md").write_text(f"# {CANARY} outside\n")
    for far in (outside / "far.md", outside / "user" / "far.md"):
        if far.parent.exists():
            far.write_text(f"# Far\n- One of deploy lies {CANARY} outside ^2m7r4xbeyz\n")
    (memory.root / folder).symlink_to(outside)
    before = around(memory)
    every_verb(memory)
    assert around(memory) == before


def test_a_proposal_of_another_kind_of_file_or_with_a_path_that_climbs_is_not_applied(memory: Memory) -> None:
    memory.config(AGENTS)
    blob = memory.scratch / "blob"
    blob.write_text("../../../home/evil")
    oid = memory.git("hash-object", "-w", str(blob)).strip()

    def tree(*lines: str) -> str:
        made = subprocess.run(
            ["git", "mktree", "--missing"], input="\n".join([*lines, ""]), cwd=memory.root, text=True,
            capture_output=True, check=True,
        )  # fmt: skip
        return made.stdout.strip()

    rest = [
        line for line in memory.git("ls-tree", "HEAD").splitlines() if not line.endswith(("skills", "rules"))
    ]
    for name, mode, folder in (
        ("link", "120000", "cad"),
        ("climb", "100644", ".."),
        ("git", "100644", ".git"),
    ):
        page = tree(f"{mode} blob {oid}\tSKILL.md")
        whole = tree(*rest, f"040000 tree {tree(f'040000 tree {page}{chr(9)}{folder}')}\tskills")
        commit = memory.git("commit-tree", whole, "-p", "HEAD", "-m", f"proposal: skills/{folder}").strip()
        memory.git("update-ref", f"refs/heads/proposal/{name}", commit)
    module = tree(f"160000 commit {memory.git('rev-parse', 'HEAD').strip()}\tx.md")
    whole = tree(*rest, f"040000 tree {module}\trules")
    commit = memory.git("commit-tree", whole, "-p", "HEAD", "-m", "proposal: rules/x").strip()
    memory.git("update-ref", "refs/heads/proposal/module", commit)
    before = around(memory)
    for name in ("link", "climb", "git", "module"):
        for verb in ("review", "accept"):
            done = memory.run(verb, name, code=None)
            assert done.returncode in (0, 1), (name, done.stderr)
    memory.run("accept", "--all", code=None)
    assert around(memory) == before
    assert [line for line in memory.git("ls-files", "-s").splitlines() if not line.startswith("100644")] == []
    assert not any(path.is_symlink() for path in (memory.root / "skills").rglob("*"))
    assert not (memory.root / "skills/.git").exists()
    assert not (memory.root / "SKILL.md").exists()


HOOKS = """
    applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg
    commit-msg post-commit pre-rebase post-checkout post-merge pre-push pre-receive update proc-receive
    post-receive post-update reference-transaction push-to-checkout pre-auto-gc post-rewrite
    sendemail-validate fsmonitor-watchman post-index-change
""".split()  # noqa: SIM905

TRAPS = """
    core.fsmonitor core.pager core.editor sequence.editor core.sshCommand core.askPass core.gitProxy
    core.alternateRefsCommand credential.helper gpg.program gpg.ssh.program gpg.x509.program
    diff.external interactive.diffFilter gc.recentObjectsHook web.browser uploadpack.packObjectsHook
    remote.origin.uploadpack remote.origin.receivepack trailer.x.command trailer.drain-id.cmd
    difftool.x.cmd mergetool.x.cmd sendemail.sendmailCmd http.proxyAuthCommand diff.trap.textconv
    diff.trap.command merge.trap.driver filter.trap.clean filter.trap.smudge filter.trap.process
    submodule.x.update tar.x.command man.x.cmd browser.x.cmd imap.tunnel instaweb.httpd
    guitool.x.cmd init.templateDir pager.log pager.diff pager.grep pager.show
    pager.branch pager.config pager.status alias.log alias.fast-import alias.ls-tree alias.cat-file
    alias.update-ref alias.grep alias.rev-parse
""".split()  # noqa: SIM905
"""Settings of git that name a command, or whose value might be taken for one."""

FIXED = """
    log.showSignature=true commit.gpgSign=true tag.gpgSign=true diff.mnemonicPrefix=true
    filter.trap.required=true core.untrackedCache=true protocol.allow=always protocol.ext.allow=always
    protocol.file.allow=always color.ui=always extensions.partialClone=origin
    remote.origin.promisor=true fetch.writeCommitGraph=true
    remote.origin.fetch=+refs/heads/*:refs/remotes/origin/* submodule.recurse=true core.splitIndex=true
    index.sparse=true grep.fallbackToNoIndex=true core.bare=false diff.submodule=log
    status.submoduleSummary=true log.diffMerges=on gc.auto=1 core.repositoryFormatVersion=1
    maintenance.auto=true maintenance.strategy=incremental advice.graftFileDeprecated=false
    core.preloadIndex=true log.mailmap=true
""".split()  # noqa: SIM905
"""Settings that open the ways to those commands."""


def set_traps(memory: Memory) -> Path:
    """Set everything in a repository that git could run; return the folder in which each leaves its name."""
    ran = memory.scratch / "ran"
    ran.mkdir()
    traps = memory.scratch / "traps"
    traps.mkdir()
    for name in (*TRAPS, "ext"):
        (traps / name).write_text(f'#!/bin/sh\n: >"{ran}/{name}"\n')
        (traps / name).chmod(0o755)
    for name in HOOKS:
        hook = memory.root / ".git/hooks" / name
        hook.unlink(missing_ok=True)
        hook.write_text(f'#!/bin/sh\n: >"{ran}/hook-{name}"\n')
        hook.chmod(0o755)
    lines = [f'[include]\n\tpath = "{memory.scratch}/included"\n']
    for key in TRAPS:
        head, _, name = key.rpartition(".")
        section, _, sub = head.partition(".")
        bang = "!" if section in ("alias", "credential", "submodule") else ""
        lines.append(
            f'[{section}{f" {chr(34)}{sub}{chr(34)}" if sub else ""}]\n\t{name} = "{bang}{traps / key}"\n'
        )
    (memory.scratch / "included").write_text("".join(lines[1:]))
    for setting in FIXED:
        key, _, value = setting.partition("=")
        head, _, name = key.rpartition(".")
        section, _, sub = head.partition(".")
        lines.append(f"[{section}{f' {chr(34)}{sub}{chr(34)}' if sub else ''}]\n\t{name} = {value}\n")
    url = f"ext::{traps}/ext"
    lines.append(f'[remote "origin"]\n\turl = "{url}"\n[url "{url}"]\n\tinsteadOf = "https:"\n')
    with (memory.root / ".git/config").open("a") as config:
        config.writelines(lines)
    (memory.root / ".gitattributes").write_text("* filter=trap diff=trap merge=trap ident eol=crlf\n")
    (memory.root / ".git/info/attributes").write_text("* filter=trap diff=trap merge=trap\n")
    return ran


VERBS = """
    flag x
    self-eval --snag a --better b
    boot
    drain --dry-run
    drain
    review
    accept --all
    undo HEAD
    why memory/user/deploy.md:9
    log
    status
    recall deploy
    mine
    doctor
    queue
    queue restore --all
    decay
    init .
    boundary end --session s
    hook claude-code SessionStart
    mcp
    trust
""".strip().split("\n")


@pytest.fixture
def trapped(memory: Memory) -> tuple[Memory, Path]:
    """Return a memory with something drained, proposed, edited and waiting, and traps in git's ways."""
    memory.config(AGENTS)
    memory.flag("Deploys go out on Mondays", "--topic", "deploy")
    memory.self_eval("it hung", "Clip first", "--target", "skills/cad")
    memory.run("drain")
    memory.flag("Rollbacks take a minute", "--topic", "deploy")
    memory.write("memory/user/notes.md", "# By hand\n")
    return memory, set_traps(memory)


@pytest.mark.parametrize("verb", [verb.strip() for verb in VERBS])
def test_nothing_that_a_repository_names_is_run_by_a_verb(trapped: tuple[Memory, Path], verb: str) -> None:
    (memory, ran), words = trapped, verb.split()
    done = memory.run(
        *words, code=None, stdin='{"session_id": "s", "cwd": "."}' if words[0] == "hook" else ""
    )
    assert done.returncode == 0, done.stderr
    if words[0] == "review":
        [proposal] = [p["id"] for p in memory.json("review")]
        memory.out("review", proposal)
        memory.run("reject", proposal, "--because", "a test")
    if words[0] == "mcp":
        answers(
            memory, call(1, "retrieve_context", query="deploy"), call(2, "status"), call(3, "flag", text="x")
        )
    assert sorted(path.name for path in ran.iterdir()) == []


def test_an_object_that_a_clone_lacks_is_not_fetched_by_a_command_of_its_own(
    trapped: tuple[Memory, Path],
) -> None:
    memory, ran = trapped
    page = memory.git("rev-parse", "HEAD:memory/user").strip()
    (memory.root / ".git/objects" / page[:2] / page[2:]).unlink()
    assert list(ran.iterdir()) == []
    for words in (
        ("drain",),
        ("log",),
        ("why", "memory/user/deploy.md:9"),
        ("undo", "HEAD"),
        ("boot",),
        ("review",),
    ):
        done = memory.run(*words, code=None)
        assert done.returncode in (0, 1), done.stderr
    assert sorted(path.name for path in ran.iterdir()) == []
    memory.git("cat-file", "-p", page, code=None)
    assert [path.name for path in ran.iterdir()] == ["ext"], "the trap itself does not work"


FILTERS_OFF = (
    *("-c", "filter.trap.process="),
    *("-c", "filter.trap.required=false"),
    *("-c", "core.fsmonitor=false"),
)


@pytest.mark.parametrize(
    ("command", "trap"),
    [
        (["status"], "core.fsmonitor"),
        ([*FILTERS_OFF, "diff"], "diff.trap.command"),
        (["add", "."], "filter.trap.process"),
        ([*FILTERS_OFF, "log", "-p", "--no-ext-diff"], "diff.trap.textconv"),
        ([*FILTERS_OFF, "commit-tree", "-S", "-mx", "HEAD^{tree}"], "gpg.program"),
        (["update-ref", "refs/x", "HEAD"], "hook-reference-transaction"),
    ],
)
def test_the_traps_work_in_git_itself(trapped: tuple[Memory, Path], command: list[str], trap: str) -> None:
    memory, ran = trapped
    assert list(ran.iterdir()) == []
    memory.git(*command, code=None)
    assert trap in {path.name for path in ran.iterdir()}


LOOP = "{% for i in range(64) %}"

ATTACKS = {
    "a walk to the system": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "a function's globals": "{{ lipsum.__globals__['os'].system('touch ran') }}",
    "a hidden attribute": "{{ ''|attr('__class__') }}",
    "a format that walks": "{{ '{0.__class__}'.format('') }}",
    "a huge range": "{{ range(10**9)|list }}",
    "loops in loops": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
    "a huge text": "{{ 'x' * 10**9 }}",
    "a huge width": "{{ '%2999999999d' % 1 }}",
    "a huge padding": "{{ 'x'|center(2999999999) }}",
    "a huge number": "{{ 9**9**9**9 }}",
    "a text that doubles": f"{{% set n=namespace(x='x') %}}{LOOP}{{% set n.x=n.x~n.x %}}{{% endfor %}}",
    "a number that squares": f"{{% set n=namespace(x=9) %}}{LOOP}{{% set n.x=n.x*n.x %}}{{% endfor %}}",
    "a macro in itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "an inclusion of itself": "{% include 'boundary/boot.md' %}",
    "a depth": "{{ " + "(" * 3000 + ")" * 3000 + " }}",
    "a file elsewhere": "{% include '../../../../../etc/passwd' %}{% include '/etc/passwd' %}",
    "a long text": "{{ ('x' * 1000000) * 100 }}",
}


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_template_of_the_repository_s_own_can_neither_reach_out_nor_go_on_for_ever(
    memory: Memory, text: str
) -> None:
    memory.write("templates/boundary/boot.md", text)
    (memory.root / "queue" / "odd").write_text("so that boot has something to say")
    before = around(memory)
    done = memory.run("boot")
    assert "templates/boundary/boot.md" in done.stdout
    assert "root:" not in done.stdout
    assert around(memory) == before


def test_rendering_is_bounded_in_steps_and_puts_every_bound_back(memory: Memory) -> None:
    from resource import RLIMIT_AS, getrlimit

    from commonplace import render
    from commonplace.place import Place

    here = Place(str(memory.root), str(memory.root / ".git"))
    traced, limit = sys.gettrace(), getrlimit(RLIMIT_AS)
    for text in ATTACKS.values():
        memory.write("templates/boundary/boot.md", text)
        with pytest.raises(Exception) as raised:  # noqa: PT011
            render.template(here, "boundary/boot.md").render(program="x")
        assert isinstance(raised.value, render.TemplateError), raised
        assert sys.gettrace() is traced
        assert getrlimit(RLIMIT_AS) == limit
    memory.write("templates/boundary/boot.md", "{% for n in range(99999) %}{{ n }}{% endfor %}")
    assert render.template(here, "boundary/boot.md").render().endswith("99998")


def test_git_may_fetch_by_no_protocol_whatever_its_settings_say() -> None:
    assert refs.clean_environment({"GIT_ALLOW_PROTOCOL": "ext"})["GIT_ALLOW_PROTOCOL"] == "none"


def test_a_command_that_came_with_a_clone_is_trusted_as_it_was_and_where_it_was(memory: Memory) -> None:
    ran, code = memory.scratch / "ran", memory.scratch / "clone"
    text = memory.read("commonplace.toml").replace('check = ""', f'check = "echo 1 >>{ran}"')
    memory.write("commonplace.toml", text)
    memory.git("commit", "-qam", "a check")
    memory.git("clone", "-q", str(memory.root), str(code))
    clone = Memory(code, memory.scratch)
    clone.run("init", str(code))

    def runs() -> bool:
        before = ran.read_text() if ran.exists() else ""
        clone.self_eval(
            "it hung", f"Clip {len(before)} {len(clone.subjects())} first", "--target", "skills/cad"
        )
        clone.run("drain")
        return ran.exists() and ran.read_text() != before

    assert not runs()
    assert "trust is a person's to say" in clone.run("trust", "--yes", code=1).stderr
    assert not runs()
    clone.as_person("trust", "--yes")
    assert runs()
    clone.write("commonplace.toml", text.replace("echo 1", "echo 2"))
    assert not runs()
    clone.write("commonplace.toml", text)
    assert runs()
    clone.root = clone.root.rename(memory.scratch / "moved")
    assert not runs()
