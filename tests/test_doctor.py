"""Doctor: each check when all is well, when something is amiss, and what `--fix` mends."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from commonplace import doctor
from commonplace.hosts import codex_trust, install
from commonplace.landing import take_index_lock
from commonplace.place import Place
from tests.memory import Memory

TOOL = "#!/bin/sh\nexec true\n"


def place(memory: Memory) -> Place:
    return Place(str(memory.root), str(memory.root / ".git"))


def examined(memory: Memory, **environ: str) -> dict[str, list[doctor.Check]]:
    """Return what each check found, by its name."""
    found: dict[str, list[doctor.Check]] = {}
    for check in doctor.examine(place(memory), {**os.environ, **environ}):
        found.setdefault(check.name, []).append(check)
    return found


def levels(memory: Memory, **environ: str) -> dict[str, str]:
    return {name: checks[0].level for name, checks in examined(memory, **environ).items()}


def on_path(memory: Memory) -> str:
    """Return a PATH on which `commonplace` lies."""
    tool = memory.scratch / "bin" / "commonplace"
    tool.parent.mkdir(exist_ok=True)
    tool.write_text(TOOL)
    tool.chmod(0o755)
    return f"{tool.parent}{os.pathsep}{os.environ['PATH']}"


def connect(memory: Memory, host: str, *words: str) -> None:
    memory.run("install", host, *words, "--repo", str(memory.root))


def test_all_is_well_after_init_and_install_and_the_exit_code_is_0(memory: Memory) -> None:
    assert levels(memory, PATH=on_path(memory)) == {
        "command": "ok", "git": "ok", "settings": "ok", "repository": "ok", "locks": "ok", "backstop": "ok",
        "faults": "ok", "hosts": "skipped", "rules": "ok",
    }  # fmt: skip
    for host in ("claude-code", "gemini-cli", "opencode", "cursor"):
        connect(memory, host)
        assert levels(memory)[host] == "ok"
    done = memory.run("doctor", code=0)
    assert "ok       claude-code: hooks, instructions and skills are in place\n" in done.stdout
    assert "error" not in done.stdout


def test_every_finding_that_is_not_ok_has_its_remedy_and_json_holds_the_same(memory: Memory) -> None:
    connect(memory, "codex")
    connect(memory, "claude-code")
    shutil.rmtree(memory.scratch / "home" / ".claude")
    memory.flag("waits")
    rows = json.loads(memory.run("doctor", "--json", code=1).stdout)
    assert {row["level"] for row in rows} == {"ok", "warning", "error"}
    for row in rows:
        assert set(row) == {"name", "level", "message", "remedy"}
        assert row["message"]
        assert bool(row["remedy"]) == (row["level"] != "ok"), row
    shown = memory.run("doctor", code=1).stdout
    assert all(f"{row['level']:<8} {row['name']}: " in shown for row in rows)
    assert all(f"\n         {row['remedy']}\n" in shown for row in rows if row["remedy"])


def test_the_command_is_sought_where_hosts_seek_it(memory: Memory) -> None:
    (check,) = examined(memory)["command"]
    assert check.level == "warning"
    assert "not on PATH" in check.message
    (check,) = examined(memory, PATH=on_path(memory))["command"]
    assert check.message == f"commonplace is {memory.scratch}/bin/commonplace"


def test_an_old_git_is_an_error(memory: Memory, monkeypatch: Any) -> None:
    fake = memory.scratch / "old" / "git"
    fake.parent.mkdir()
    fake.write_text(
        f'#!/bin/sh\nfor word; do [ "$word" = version ] && echo git version 2.30.9 && exit\ndone\n'
        f'exec {shutil.which("git")} "$@"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    (check,) = examined(memory)["git"]
    assert (check.level, check.message) == ("error", "git 2.30.9")
    assert check.remedy == "install git 2.31 or later"


def test_settings_that_are_not_used_or_not_readable_are_named(memory: Memory) -> None:
    (memory.root / ".git" / "commonplace" / "made-here").unlink()  # as after a clone
    memory.write("commonplace.toml", "format = 1\n[proposals]\napply = 'drain'\n")
    (check,) = examined(memory)["settings"]
    assert check.level == "warning"
    assert check.message.startswith("proposals.apply is not used: commonplace.toml is not trusted to say it")

    memory.config("[accept]\nfrom_agents = 3\n")
    found = examined(memory)
    assert found["settings"][0].level == "error"
    assert "accept.from_agents must be true or false" in found["settings"][0].message
    assert memory.run("doctor", "--fix", code=1).stdout.count("accept.from_agents") >= 1
    memory.config("")
    memory.write("commonplace.toml", "")
    memory.as_person("trust", "--yes", "--repo", ".")
    memory.write("templates/boundary/chapter.md", "{{ nowhere }}")
    memory.as_person("trust", "--yes", "--repo", ".")
    (check,) = examined(memory)["settings"]
    assert check.level == "error"
    assert "templates/boundary/chapter.md" in check.message


def test_a_repository_that_is_not_on_its_branch_is_an_error(memory: Memory) -> None:
    memory.git("checkout", "-q", "--detach")
    (check,) = examined(memory)["repository"]
    assert (check.level, check.message) == ("error", "HEAD is detached; nothing was changed")
    assert check.remedy


def test_a_lock_that_is_left_over_is_named_and_a_young_one_is_not(memory: Memory) -> None:
    lock = memory.root / ".git" / "index.lock"
    lock.touch()
    assert levels(memory)["locks"] == "ok"
    old = time.time() - 3600
    os.utime(lock, (old, old))
    (check,) = examined(memory)["locks"]
    assert check.level == "warning"
    assert check.remedy == f"if no git command runs: rm {lock}"
    lock.unlink()


def test_fix_finishes_what_was_cut_short_and_leaves_a_strangers_lock(memory: Memory) -> None:
    take_index_lock(place(memory), "01M7WM9C8R9V3T5N2M7R4XBEYZ")
    (check,) = examined(memory)["locks"]
    assert (check.level, check.remedy) == ("warning", "commonplace doctor --fix")
    assert "fixed: finished the change that was cut short\n" in memory.out("doctor", "--fix")
    assert levels(memory)["locks"] == "ok"
    assert "fixed" not in memory.out("doctor", "--fix")
    lock = memory.root / ".git" / "index.lock"
    lock.touch()
    memory.out("doctor", "--fix")
    assert lock.exists()


def test_what_waits_is_a_warning_each(memory: Memory) -> None:
    memory.flag("waits")
    memory.write("queue/note.txt", "no entry")
    messages = [check.message for check in examined(memory)["backstop"]]
    assert [message[:7] for message in messages] == ["1 entry", "1 file "]
    assert levels(memory)["backstop"] == "warning"
    memory.run("doctor", code=0)


def test_faults_of_hooks_are_shown_until_fix_clears_them(memory: Memory) -> None:
    memory.run("hook", "claude-code", "SessionStart", stdin="{", env={"COMMONPLACE_REPO": str(memory.root)})
    (check,) = examined(memory)["faults"]
    assert check.level == "warning"
    assert "1 fault of hooks, the last: " in check.message
    assert "hook claude-code SessionStart: JSONDecodeError: Expecting property name" in check.message
    assert "fixed: cleared the list of faults\n" in memory.out("doctor", "--fix")
    assert levels(memory)["faults"] == "ok"


def test_a_host_is_as_installed_or_the_files_are_named(memory: Memory) -> None:
    connect(memory, "gemini-cli", "--project", str(memory.scratch))
    settings = memory.scratch / ".gemini" / "settings.json"
    held = settings.read_text()
    settings.write_text(held.replace("SessionEnd", "SessionEnds"))
    (check,) = examined(memory)["gemini-cli"]
    assert check.level == "error"
    assert check.message == f"not as installed: {settings}"
    assert check.remedy == f"commonplace install gemini-cli --project {memory.scratch}"
    settings.write_text("{")
    (check,) = examined(memory)["hosts"]
    assert check.level == "error"
    assert "line 1 is not JSON" in check.message
    settings.write_text(held)
    assert levels(memory)["gemini-cli"] == "ok"


def test_a_host_of_another_memory_is_skipped(memory: Memory) -> None:
    connect(memory, "cursor")
    register = Path(install.register(os.environ))
    register.write_text(register.read_text().replace(str(memory.root), "/another"))
    (check,) = examined(memory)["cursor"]
    assert (check.level, check.message) == ("skipped", "connected to another memory, /another")


def test_fix_brings_skills_and_rules_up_to_date(memory: Memory) -> None:
    connect(memory, "claude-code")
    memory.write("rules/brief.md", "Be brief.\n")
    assert levels(memory)["claude-code"] == "error"
    rules = memory.scratch / "home" / ".claude" / "rules" / "commonplace.md"
    assert f"fixed: brought {rules} up to date\n" in memory.out("doctor", "--fix")
    assert "Be brief." in rules.read_text()
    assert levels(memory)["claude-code"] == "ok"


def test_hooks_that_codex_does_not_trust_are_an_error(memory: Memory) -> None:
    connect(memory, "codex")
    hooks = memory.scratch / "home" / ".codex" / "hooks.json"
    wanted = codex_trust.wanted(str(hooks))
    config = hooks.parent / "config.toml"

    def trusts(keys: dict[str, str]) -> doctor.Check:
        tables = [f'[hooks.state."{key}"]\ntrusted_hash = "{digest}"\n' for key, digest in keys.items()]
        config.write_text("".join(tables))
        (check,) = examined(memory)["codex trust"]
        return check

    never = examined(memory)["codex trust"][0]
    assert never.level == "error"
    assert f"{len(wanted)} of {len(wanted)} hooks were never trusted" in never.message
    assert "start codex once" in never.remedy
    assert trusts(wanted).level == "ok"
    assert trusts(dict(list(wanted.items())[1:])).level == "error"
    changed = trusts(dict.fromkeys(wanted, "sha256:0"))
    assert (changed.level, "changed since" in changed.message) == ("error", True)
    config.write_text("[hooks")
    assert examined(memory)["codex trust"][0].level == "error"


def test_a_project_that_copilot_does_not_trust_is_a_warning(memory: Memory) -> None:
    connect(memory, "copilot-cli")
    assert "copilot-cli trust" not in examined(memory)
    project = memory.scratch / "project"
    project.mkdir()
    connect(memory, "copilot-cli", "--project", str(project))
    config = memory.scratch / "home/.copilot/config.json"

    def trusts(text: str) -> doctor.Check:
        config.write_text(text)
        (check,) = examined(memory)["copilot-cli trust"]
        return check

    never = trusts("{}")
    assert never.level == "warning"
    assert "--trust-folder" in never.remedy
    assert trusts(f'// kept by the client\n{{"trustedFolders": ["{project}"]}}').level == "ok"
    assert trusts(f'{{"trustedFolders": ["{memory.scratch}/"]}}').level == "ok"
    assert trusts(f'{{"trustedFolders": ["{memory.scratch}/proj"]}}').level == "warning"
    for odd in ("[1]", '{"trustedFolders": 7}', "{"):
        assert trusts(odd).level == "skipped"


def test_a_login_shell_that_does_not_find_us_is_a_warning_for_codex(memory: Memory) -> None:
    connect(memory, "codex")
    assert "codex shell" not in examined(memory, PATH=os.defpath)
    path = on_path(memory)
    profile = memory.scratch / "home/.profile"
    profile.write_text(f"PATH={os.defpath}\n")
    assert examined(memory, PATH=path)["codex shell"][0].level == "warning"
    profile.write_text(f"PATH={path}\n")
    assert examined(memory, PATH=path)["codex shell"][0].level == "ok"


def test_rules_that_are_too_long_for_every_session_are_named(memory: Memory) -> None:
    memory.write("rules/long.md", "x" * 8001)
    memory.write("rules/short.md", "x" * 10)
    (check,) = examined(memory)["rules"]
    assert check.level == "warning"
    assert check.message == "too long to be loaded at every session: long"
    (memory.root / "rules" / "long.md").unlink()
    (check,) = examined(memory)["rules"]
    assert (check.level, check.message) == ("ok", "10 of 8,000 characters at every session")
