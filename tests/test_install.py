"""Install and uninstall: six hosts, the user's level and a project's; what others wrote stays theirs."""

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from commonplace import settings
from commonplace.errors import CommonplaceError
from commonplace.hosts import connection, install, jsonc, layouts
from commonplace.hosts.connection import MARK, Edit, Hook
from commonplace.lock import FolderLock
from commonplace.place import Place
from tests.happenings import HOSTS, event, has, stdin
from tests.memory import Memory

LEVELS = ("user", "project")

SETTINGS = {
    "claude-code": ".claude/settings.json",
    "codex": ".codex/hooks.json",
    "gemini-cli": ".gemini/settings.json",
    "cursor": ".cursor/hooks.json",
}
OWN = {"copilot-cli": "hooks/commonplace.json", "opencode": "plugins/commonplace.js"}

FOREIGN = """\
\ufeff// settings of a person
{
\t"zebra": 1, // before the ape
\t"hooks": {
\t\t"Stop": [
\t\t\t/* keep */ {"hooks": [{"type": "command", "command": "say done"}]},
\t\t],
\t},
\t"ape": {"b": [1, 2], "a": "é"} // the last
}
""".replace("\n", "\r\n")


def place(memory: Memory) -> Place:
    return Place(str(memory.root), str(memory.root / ".git"))


def program(memory: Memory) -> str:
    return settings.program(place(memory), os.environ)


def connect(memory: Memory, host: str, project: str = "") -> list[Edit]:
    held = settings.load(place(memory), os.environ)
    return install.install(host, project, place(memory), held, program(memory), os.environ)


def disconnect(host: str, project: str = "") -> list[Edit]:
    return install.uninstall(host, project, os.environ)


def where(level: str, memory: Memory) -> str:
    return str(memory.scratch / "project") if level == "project" else ""


def layout(host: str, project: str = "") -> layouts.Layout:
    return layouts.layout(host, project, os.environ)


def seen(memory: Memory) -> dict[str, tuple[str, bytes]]:
    """Return what lies outside of the memory: path → mode or link, content."""
    found = {}
    for path in memory.scratch.rglob("*"):
        if memory.root in (path, *path.parents):
            continue
        if path.is_symlink():
            found[str(path)] = (f"link to {path.readlink()}", b"")
        elif path.is_dir():
            found[str(path)] = ("folder", b"")
        else:
            found[str(path)] = (oct(path.stat().st_mode), path.read_bytes())
    return found


def write(path: str | Path, text: str, mode: int = 0o644) -> Path:
    full = Path(path)
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_bytes(text.encode())
    full.chmod(mode)
    return full


def bare(memory: Memory) -> None:
    (memory.scratch / "project").mkdir()
    (memory.scratch / "home" / ".local" / "share" / "commonplace").mkdir(parents=True)


def entries(host: str, path: str | Path) -> list[tuple[str, dict[str, Any]]]:
    """Return (event, hook) for every hook of ours in a settings file without comments."""
    found = []
    for name, groups in json.loads(Path(path).read_text())["hooks"].items():
        for group in groups:
            found += [(name, {**group, **hook}) for hook in group.get("hooks", [group])]
    return [(name, hook) for name, hook in found if MARK in hook.get("command", hook.get("bash", ""))]


def commands(memory: Memory, host: str) -> list[tuple[Hook, str]]:
    return [(hook, connection.command(program(memory), host, hook)) for hook in layouts.HOOKS[host]]


@pytest.mark.parametrize("host", HOSTS)
def test_a_dry_run_shows_each_files_diff_and_changes_nothing(memory: Memory, host: str) -> None:
    bare(memory)
    words = ("install", host, "--repo", str(memory.root))
    if host in SETTINGS:
        write(memory.scratch / "home" / SETTINGS[host], '{"theirs": true}\n')
    before = seen(memory)
    shown = memory.out(*words, "--dry-run")
    assert seen(memory) == before
    done = memory.out(*words)
    changed = [path for path, what in seen(memory).items() if before.get(path) != what]
    files = [path for path in changed if Path(path).is_file() and "connections.json" not in path]
    assert files
    for path in files:
        assert f"+++ b{path}\n" in shown
        assert f"wrote {path}\n" in done
    assert shown.count("\n+++ ") + shown.startswith("+++ ") == len(files)
    if host in SETTINGS:
        assert f"--- a{memory.scratch}/home/{SETTINGS[host]}\n" in shown
    assert "nothing would change" in memory.out(*words, "--dry-run")

    installed = seen(memory)
    shown = memory.out("uninstall", host, "--dry-run")
    assert seen(memory) == installed
    assert all(f"--- a{path}\n" in shown for path in files)
    assert memory.out("uninstall", host).count("\n") == len(files)
    assert seen(memory) == before
    assert "nothing would change" in memory.out("uninstall", host, "--dry-run")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("host", HOSTS)
def test_installing_twice_is_once_and_uninstall_leaves_no_trace(
    memory: Memory, host: str, level: str
) -> None:
    bare(memory)
    memory.write("skills/cad/SKILL.md", "---\nname: cad\n---\nclip first\n")
    before = seen(memory)
    assert connect(memory, host, where(level, memory))
    installed = seen(memory)
    assert connect(memory, host, where(level, memory)) == []
    assert seen(memory) == installed
    disconnect(host, where(level, memory))
    assert seen(memory) == before
    assert disconnect(host, where(level, memory)) == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("host", HOSTS)
def test_what_others_wrote_stays_and_uninstall_gives_each_file_back_byte_for_byte(
    memory: Memory, host: str, level: str
) -> None:
    bare(memory)
    project = where(level, memory)
    paths = layout(host, project)
    if not paths.whole:
        write(paths.settings, FOREIGN, 0o666)  # more than the umask would give
    if paths.block:
        write(paths.instructions, "# Mine\r\n\r\nBe brief.", 0o600)
    before = seen(memory)
    connect(memory, host, project)
    if not paths.whole:
        raw = Path(paths.settings).read_bytes()
        text = raw.decode()
        assert stat.S_IMODE(Path(paths.settings).stat().st_mode) == 0o666
        assert raw.count(b"\n") == raw.count(b"\r\n")
        for part in ("// settings of a person", "/* keep */", "// before the ape", "// the last", "say done"):
            assert part in text
        assert text.index("zebra") < text.index('"hooks"') < text.index('"ape"')
        assert text.startswith("\ufeff// settings")
        assert MARK in text
        assert jsonc.without(text, ["hooks"], MARK) == FOREIGN
    if paths.block:
        said = Path(paths.instructions).read_bytes().decode()
        assert said.startswith("# Mine\r\n\r\nBe brief.\r\n\r\n<!-- commonplace: begin")
        assert said.count("\n") == said.count("\r\n")
        assert stat.S_IMODE(Path(paths.instructions).stat().st_mode) == 0o600
    assert connect(memory, host, project) == []
    disconnect(host, project)
    assert seen(memory) == before


def test_a_settings_file_that_is_a_link_stays_one(memory: Memory) -> None:
    bare(memory)
    real = write(memory.scratch / "dotfiles" / "claude.json", '{"a": 1}\n', 0o600)
    instructions = write(memory.scratch / "dotfiles" / "agents.md", "Be brief.\n")
    home = memory.scratch / "home"
    for link, target in ((home / ".claude/settings.json", real), (home / ".codex/AGENTS.md", instructions)):
        link.parent.mkdir()
        link.symlink_to(target)
    before = seen(memory)
    connect(memory, "claude-code")
    connect(memory, "codex")
    assert (home / ".claude/settings.json").readlink() == real
    assert MARK in real.read_text()
    assert "commonplace: begin" in instructions.read_text()
    disconnect("claude-code")
    disconnect("codex")
    assert seen(memory) == before


@pytest.mark.parametrize("host", SETTINGS)
def test_a_settings_file_that_cannot_be_read_is_named_and_nothing_is_written(
    memory: Memory, host: str
) -> None:
    bare(memory)
    path = memory.scratch / "home" / SETTINGS[host]
    words = ("install", host, "--repo", str(memory.root))
    first = layouts.HOOKS[host][0].event
    odd = ('{"a": 1', '{"hooks": []}', '{"hooks": [1]}', f'{{"hooks": {{"{first}": 1}}}}', "[]", "\x00\x01")
    for number, text in enumerate(odd):
        write(path, text)
        before = seen(memory)
        with pytest.raises(CommonplaceError, match="it was left alone"):
            connect(memory, host)
        if not number:
            refused = memory.run(*words, code=1).stderr
            assert f"{path} cannot be read: line 1 is not JSON; it was left alone" in refused
            assert f"mend it with: mend {path}, then install again" in refused
        assert seen(memory) == before
    path.write_bytes(b"\xff\xfe{\x00}\x00")
    with pytest.raises(CommonplaceError, match="not UTF-8"):
        connect(memory, host)


def test_uninstall_reports_a_settings_file_that_was_broken_since_and_leaves_it_alone(memory: Memory) -> None:
    bare(memory)
    connect(memory, "claude-code")
    path = Path(layout("claude-code").settings)
    path.write_text(path.read_text()[:-3])
    before = seen(memory)
    assert "cannot be read" in memory.run("uninstall", "claude-code", code=1).stderr
    assert seen(memory) == before


@pytest.mark.parametrize("host", HOSTS)
def test_a_foreign_file_of_our_name_is_refused(memory: Memory, host: str) -> None:
    bare(memory)
    paths = layout(host, str(memory.scratch / "project"))
    own = [paths.settings] if paths.whole else []
    own += [paths.instructions] if paths.instructions and not paths.block else []
    own += [f"{paths.skills}/commonplace/SKILL.md"] if paths.skills else []
    assert own
    for path in own:
        theirs = write(path, "theirs\n")
        before = seen(memory)
        with pytest.raises(CommonplaceError, match=r"is not ours; it was left alone"):
            connect(memory, host, str(memory.scratch / "project"))
        assert seen(memory) == before
        assert disconnect(host, str(memory.scratch / "project")) == []
        assert seen(memory) == before
        theirs.unlink()


def test_after_somebody_changed_a_file_uninstall_takes_our_part_alone(memory: Memory) -> None:
    bare(memory)
    path = Path(layout("claude-code").settings)
    connect(memory, "claude-code")
    text = path.read_text()
    theirs = '{"hooks": [{"type": "command", "command": "say done"}]}'
    head, tail = text.split('"Stop": [', 1)
    end = tail.index("\n    ]")
    path.write_text(f'{head}"Stop": [{tail[:end]},\n      // theirs\n      {theirs}{tail[end:]}')
    assert connect(memory, "claude-code") == []
    disconnect("claude-code")
    left = path.read_text()
    assert MARK not in left
    assert "// theirs" in left
    assert json.loads(left.replace("// theirs", "")) == {"hooks": {"Stop": [json.loads(theirs)]}}


def test_a_person_may_put_our_hook_into_a_group_of_theirs(memory: Memory) -> None:
    bare(memory)
    path = Path(layout("claude-code").settings)
    connect(memory, "claude-code")
    held = json.loads(path.read_text())
    held["hooks"]["Stop"][0]["hooks"].insert(0, {"type": "command", "command": "say done"})
    path.write_text(json.dumps(held))
    disconnect("claude-code")
    assert json.loads(path.read_text()) == {
        "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]}
    }


def test_outside_text_around_the_block_stays_and_the_block_is_brought_up_to_date(memory: Memory) -> None:
    bare(memory)
    path = Path(layout("gemini-cli").instructions)
    write(path, "# Mine\n")
    connect(memory, "gemini-cli")
    block = path.read_text().removeprefix("# Mine\n\n").removesuffix("\n")
    path.write_text(f"# Mine, reworded\n\n\n{block}\n\nAnd below.\n")
    memory.write("rules/brief.md", "Be brief.\n")
    connect(memory, "gemini-cli")
    newer = path.read_text()
    assert newer.startswith("# Mine, reworded\n\n\n<!--")
    assert newer.endswith("-->\n\nAnd below.\n")
    assert "### Rule: brief\n\nBe brief." in newer

    path.write_text(newer.replace("Be brief.", "Be long.").replace("And below.", "And far below."))
    disconnect("gemini-cli")
    assert path.read_text() == "# Mine, reworded\n\n\nAnd far below.\n"


def test_a_block_whose_end_is_missing_is_named_and_left_alone(memory: Memory) -> None:
    bare(memory)
    path = Path(layout("codex").instructions)
    connect(memory, "codex")
    path.write_text(path.read_text().replace(connection.END, "Mine, below."))
    before = seen(memory)
    with pytest.raises(CommonplaceError, match="the end of our block is missing"):
        connect(memory, "codex")
    with pytest.raises(CommonplaceError, match="the end of our block is missing"):
        disconnect("codex")
    assert seen(memory) == before


def test_files_that_a_person_has_removed_are_no_obstacle(memory: Memory) -> None:
    bare(memory)
    before = seen(memory)
    for host in HOSTS:
        connect(memory, host)
        paths = layout(host)
        Path(paths.settings).unlink()
        if paths.skills:
            Path(paths.skills, "commonplace", "SKILL.md").unlink()
        disconnect(host)
        assert seen(memory) == before, host


def test_without_our_notes_uninstall_knows_our_part_by_its_marks(memory: Memory) -> None:
    bare(memory)
    files = {}
    for host in HOSTS:
        paths = layout(host)
        if host in SETTINGS:
            files[paths.settings] = '{\n  "theirs": true\n}\n'
        if paths.block:
            files[paths.instructions] = "# Mine\n"
    for path, text in files.items():
        write(path, text)
    for host in HOSTS:
        connect(memory, host)
    Path(install.register(os.environ)).unlink()
    for host in HOSTS:
        disconnect(host)
    left = {path: what[1].decode() for path, what in seen(memory).items() if what[0].startswith("0o")}
    left.pop(str(memory.scratch / "home" / ".gitconfig"))
    assert left == files


def test_two_hosts_that_load_one_file_share_the_block(memory: Memory) -> None:
    bare(memory)
    project = where("project", memory)
    path = write(memory.scratch / "project" / "AGENTS.md", "# Mine, without an end of line")
    before = seen(memory)
    for first, second in (("codex", "opencode"), ("opencode", "codex")):
        for order in ((first, second), (second, first)):
            for host in ("codex", "opencode"):
                connect(memory, host, project)
            disconnect(order[0], project)
            assert "commonplace: begin" in path.read_text()
            disconnect(order[1], project)
            assert seen(memory) == before


def test_the_user_and_a_project_are_connected_apart(memory: Memory) -> None:
    bare(memory)
    project = where("project", memory)
    before = seen(memory)
    connect(memory, "claude-code", project)
    with_project = seen(memory)
    connect(memory, "claude-code")
    disconnect("claude-code")
    assert {k: v for k, v in seen(memory).items() if "connections" not in k} == {
        k: v for k, v in with_project.items() if "connections" not in k
    }
    disconnect("claude-code", project)
    assert seen(memory) == before


def test_a_host_is_named_or_refused_and_its_own_folder_variables_hold(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare(memory)
    refused = memory.run("install", "emacs", "--repo", str(memory.root), code=2).stderr
    assert "'emacs' is not a host" in refused
    assert all(host in refused for host in HOSTS)
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(memory.scratch / "elsewhere"))
    monkeypatch.setenv("CODEX_HOME", "")
    assert layout("claude-code").settings == f"{memory.scratch}/elsewhere/settings.json"
    assert layout("codex").settings == f"{memory.scratch}/home/.codex/hooks.json"
    help_text = memory.out("install", "--help")
    assert "cursor (from its docs alone)" in " ".join(help_text.split())


def test_skills_of_the_memory_are_linked_and_brought_up_to_date_when_one_is_accepted(memory: Memory) -> None:
    bare(memory)
    before = seen(memory)
    memory.write("skills/cad/SKILL.md", "---\nname: cad\n---\nclip first\n")
    memory.write("skills/theirs/SKILL.md", "---\nname: theirs\n---\nours\n")
    memory.git("add", "skills")
    memory.git("commit", "-q", "-m", "skills")
    folder = memory.scratch / "home" / ".claude" / "skills"
    theirs = write(folder / "theirs" / "SKILL.md", "theirs\n")
    connect(memory, "claude-code")
    assert (folder / "cad").readlink() == memory.root / "skills" / "cad"
    assert theirs.read_text() == "theirs\n"

    memory.self_eval("hung", "retry twice", "--target", "skills/upload")
    memory.self_eval("long", "be brief", "--target", "rules/brief")
    memory.run("drain")
    assert not (folder / "upload").exists()
    memory.as_person("accept", "--all")
    assert "retry twice" in (folder / "upload" / "SKILL.md").read_text()
    rule = memory.scratch / "home" / ".claude" / "rules" / "commonplace.md"
    assert "be brief" in rule.read_text()

    memory.git("rm", "-qr", "skills/cad")
    memory.git("commit", "-q", "-m", "no cad")
    memory.flag("anything")
    memory.run("drain")
    assert not (folder / "cad").is_symlink()
    disconnect("claude-code")
    theirs.unlink()
    theirs.parent.rmdir()
    for path in (folder, folder.parent):  # theirs, by the time we came
        path.rmdir()
    assert seen(memory) == before


def test_a_host_that_cannot_be_brought_up_to_date_does_not_stop_a_drain(memory: Memory) -> None:
    bare(memory)
    connect(memory, "claude-code")
    write(layout("claude-code").instructions, "a person's own now\n")
    memory.write("rules/brief.md", "Be brief.\n")
    memory.flag("anything")
    memory.run("drain")
    assert Path(layout("claude-code").instructions).read_text() == "a person's own now\n"


def test_rules_are_loaded_within_their_budget_and_the_others_are_named(memory: Memory) -> None:
    bare(memory)
    memory.config("[rules]\nmax_chars = 30\n")
    memory.write("rules/a.md", "---\nname: a\n---\nBe brief.\n")
    memory.write("rules/b.md", "Far too long for this place.\n" * 9)
    memory.write("rules/c.md", "Say why.\n")
    memory.write("rules/note.txt", "no rule")
    (memory.root / "rules" / "d.md").symlink_to(write(memory.scratch / "secret", "hush\n"))
    for host in HOSTS:
        project = where("project", memory)
        connect(memory, host, project)
        said = Path(layout(host, project).instructions).read_text()
        assert "### Rule: a\n\nBe brief." in said
        assert "### Rule: c\n\nSay why." in said
        assert "Far too long" not in said
        assert f"`{memory.root}/rules/b.md`" in said
        assert "hush" not in said
        assert f"{memory.root}/memory/index.md" in said
        assert "commonplace flag --topic" in said


def test_every_hook_has_our_mark_and_a_short_timeout_in_the_hosts_own_unit(memory: Memory) -> None:
    bare(memory)
    key = {"gemini-cli": ("timeout", 1000), "copilot-cli": ("timeoutSec", 1)}
    for host in [*SETTINGS, "copilot-cli"]:
        connect(memory, host)
        found = entries(host, layout(host).settings)
        assert [name for name, _ in found] == [hook.event for hook in layouts.HOOKS[host]]
        for (name, hook), wanted in zip(found, layouts.HOOKS[host], strict=True):
            field, unit = key.get(host, ("timeout", 1))
            assert hook[field] == wanted.timeout * unit, (host, name)
            assert 1 <= wanted.timeout <= 10
            assert hook.get("matcher", "") == ("" if host in ("copilot-cli", "cursor") else wanted.matcher)
            assert str(hook.get("command", hook.get("bash"))).endswith(MARK)
    assert dict(entries("codex", layout("codex").settings))["SessionEnd"]["timeout"] == 3
    assert json.loads(Path(layout("cursor").settings).read_text())["version"] == 1
    assert json.loads(Path(layout("copilot-cli").settings).read_text())["version"] == 1


ODD = (
    'git commit -m "it\'s \\"done\\""',
    "cd x && git add -A && git commit -m '100% $HOME `x` \\n \\\\ é 日本'",
    "git -C . -c user.name=x commit -q",
    "GIT_EDITOR=true git commit\n",
    "git add .\ngit commit -F - <<'EOF'\nthe message\n%s %d\nEOF\n",
    "(git commit -m x)",
    "bash -c 'git commit -m x'",
)


def shell(command: str, payload: str | bytes, **env: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        ["/bin/sh", "-c", command],
        input=payload.encode() if isinstance(payload, str) else payload,
        capture_output=True,
        env={**os.environ, **env},
        check=False,
    )


@pytest.mark.parametrize("host", [host for host in HOSTS if host not in ("opencode", "cursor")])
def test_the_word_filter_lets_commits_through_to_us_whatever_else_the_input_holds(
    memory: Memory, host: str
) -> None:
    (command,) = (c for h, c in commands(memory, host) if h.words and h.event.lower() in TOOLS)
    payloads = [event(host, "shell", f"s{n}", memory.scratch, command=odd)[1] for n, odd in enumerate(ODD)]
    name = "sessionId" if host == "copilot-cli" else "session_id"
    payloads.append({**payloads[0], name: "long", "tool_response": {"stdout": "x\\'\"%\n" * 200_000}})
    for payload in payloads:
        done = shell(command, stdin(payload))
        assert (done.returncode, done.stderr) == (0, b""), payload
        assert b"flag --type fact" in done.stdout, payload


TOOLS = ("posttooluse", "aftertool", "aftershellexecution")


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "opencode"])
def test_the_word_filter_does_not_start_us_for_anything_else(memory: Memory, host: str) -> None:
    (command,) = (c for h, c in commands(memory, host) if h.words and h.event.lower() in TOOLS)
    started = memory.scratch / "started"
    command = command.replace(program(memory), f"touch {started};")
    for what in ("ls", "git status", "commit", "echo 'commit, then git'", "x" * 100_000):
        _, payload = event(host, "shell", "s", memory.scratch, command=what)
        for text in (stdin(payload), json.dumps(payload, indent=1)):
            done = shell(command, text)
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert shell(command, b"\x00\xff\n").returncode == 0
    assert not started.exists()
    shell(command, stdin(event(host, "shell", "s", memory.scratch, command="git commit")[1]))
    assert started.exists()


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "opencode"])
def test_every_hook_command_runs_under_sh_with_the_hosts_own_input(memory: Memory, host: str) -> None:
    ran = set()
    for what in ("boot", "prompt", "shell", "subagent", "turn-end", "before", "end"):
        if not has(host, what):
            continue
        name, payload = event(host, what, "s1", memory.scratch, command=ODD[1])
        for hook, command in commands(memory, host):
            if hook.event == name and (hook.event not in ran):
                ran.add(name)
                done = shell(command, stdin(payload))
                assert (done.returncode, done.stderr) == (0, b""), command
        registered = (memory.root / ".git" / "commonplace" / "sessions" / "s1").exists()
        assert registered == (what != "end"), what
    assert ran == {hook.event for hook in layouts.HOOKS[host]}
    assert not (memory.root / ".git" / "commonplace" / "faults").exists()


def test_a_place_that_cannot_be_written_is_an_error_with_a_remedy_and_can_be_undone(memory: Memory) -> None:
    bare(memory)
    write(memory.scratch / "home" / ".claude" / "settings.json", "{}\n")
    write(memory.scratch / "home" / ".claude" / "rules", "a file where a folder should be\n")
    before = seen(memory)
    refused = memory.run("install", "claude-code", "--repo", str(memory.root), code=1).stderr
    assert f"commonplace: {memory.scratch}/home/.claude/rules/commonplace.md" in refused
    assert "mend it with: " in refused
    disconnect("claude-code")
    assert seen(memory) == before


def test_paths_with_blanks_and_quotes_are_no_obstacle(memory: Memory) -> None:
    odd = memory.scratch / "my \"own\" 'dir' $x"
    memory.root.rename(odd)
    moved = Memory(odd, memory.scratch)
    (command,) = (c for h, c in commands(moved, "claude-code") if h.words)
    _, payload = event("claude-code", "shell", "s1", memory.scratch, command="git commit")
    assert b"flag --type fact" in shell(command, stdin(payload)).stdout
    bare(moved)
    connect(moved, "opencode")
    plugin = Path(layout("opencode").settings).read_text()
    (line,) = (line for line in plugin.splitlines() if line.startswith("const PROGRAM = "))
    assert json.loads(line.removeprefix("const PROGRAM = ")) == program(moved)


def test_hooks_call_the_command_on_path_and_else_this_python(memory: Memory) -> None:
    assert program(memory) == f"COMMONPLACE_REPO={memory.root} {sys.executable} -m commonplace"
    tool = write(memory.scratch / "bin" / "commonplace", "#!/bin/sh\n", 0o755)
    found = settings.program(place(memory), {**os.environ, "PATH": str(tool.parent)})
    assert found == f"COMMONPLACE_REPO={memory.root} commonplace"


def test_while_a_host_is_disconnected_no_drain_puts_back_what_it_loads(memory: Memory) -> None:
    memory.run("install", "claude-code")
    register = memory.scratch / "home/.local/share/commonplace"
    link = memory.scratch / "home/.claude/skills/cad"
    memory.write("skills/cad/SKILL.md", '---\nname: "cad"\ndescription: "x"\n---\n# CAD\n')
    with FolderLock(str(register), 0):
        drain = subprocess.Popen([sys.executable, "-m", "commonplace", "drain"], cwd=memory.root)
        time.sleep(0.7)
        assert drain.poll() is None
        assert not link.exists()
    assert drain.wait(30) == 0
    assert link.exists()
