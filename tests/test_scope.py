"""The id of a project: the same in all its worktrees, read without a git process."""

import subprocess
from pathlib import Path

import pytest

from commonplace.entry import check_scope
from commonplace.errors import UsageError
from commonplace.place import project_id
from tests.memory import Memory


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def project(folder: Path, config: str = "") -> Path:
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".git" / "config").write_text("[core]\n\tbare = false\n" + config)
    return folder


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("git@github.com:Acme/CAD.git", "github.com/acme/cad"),
        ("https://github.com/Acme/CAD.git", "github.com/acme/cad"),
        ("https://github.com/Acme/CAD/", "github.com/acme/cad"),
        ("https://user:secret@github.com/acme/cad", "github.com/acme/cad"),
        ("ssh://git@github.com:22/acme/cad.git", "github.com/acme/cad"),
        ("git://example.org/~ada/cad.git", "example.org/ada/cad"),
        ("/srv/git/cad.git", "cad"),
        ("file:///srv/git/cad.git", "cad"),
        ("../cad", "cad"),
        ("C:\\\\git\\\\cad", "cad"),
    ],
)
def test_an_origin_address_names_the_project_however_it_is_written(
    tmp_path: Path, url: str, expected: str
) -> None:
    here = project(tmp_path / "folder", f'[remote "origin"]\n\turl = {url}\n')
    found = project_id(str(here))
    assert found == expected
    assert check_scope(f"project:{found}")


def test_the_setting_comes_before_the_origin_and_the_origin_before_the_folder(tmp_path: Path) -> None:
    origin = '[remote "origin"]\n\turl = https://example.org/acme/cad\n'
    assert project_id(str(project(tmp_path / "My Tool"))) == "my-tool"
    assert project_id(str(project(tmp_path / "b", origin))) == "example.org/acme/cad"
    assert (
        project_id(str(project(tmp_path / "c", origin + "[commonplace]\n\tproject = Rocket\n"))) == "rocket"
    )
    assert project_id(str(tmp_path)) == ""


@pytest.mark.parametrize(
    "name", ["..", "a/../b", ".git", "x.md", "x.lock", "-rf", "Ünïcode", "a" * 300, "x."]
)
def test_every_name_gives_an_id_that_can_be_a_folder(tmp_path: Path, name: str) -> None:
    here = project(tmp_path / "folder", f"[commonplace]\n\tproject = {name}\n")
    assert check_scope(f"project:{project_id(str(here))}")


def test_worktrees_and_subfolders_of_a_project_share_its_id_and_git_is_not_asked(
    memory: Memory, tmp_path: Path
) -> None:
    main = tmp_path / "rocket"
    main.mkdir()
    git(main, "init", "-q")
    git(main, "commit", "-q", "--allow-empty", "-m", "x")
    git(main, "worktree", "add", "-q", str(tmp_path / "elsewhere"))
    (main / "src").mkdir()
    memory.env = {"COMMONPLACE_REPO": str(memory.root)}

    for cwd in (main, main / "src", tmp_path / "elsewhere"):
        assert project_id(str(cwd)) == "rocket"
    without_git = {"PATH": "/nonexistent"}
    entry = memory.out("flag", "x", cwd=tmp_path / "elsewhere", env=without_git).strip()
    assert 'scope: "project:rocket"\n' in memory.read(f"queue/{entry}.flag.md")
    assert memory.json("status", cwd=main / "src")["scope_here"] == "project:rocket"

    git(main, "config", "commonplace.project", "acme/moon")
    for cwd in (main, tmp_path / "elsewhere"):
        assert project_id(str(cwd)) == "acme/moon"
    memory.run("flag", "y", "--topic", "fuel", cwd=main)
    memory.run("drain", cwd=main)
    assert "- y ^" in memory.page("fuel", "project/acme/moon")
    assert "- x ^" in memory.page("general", "project/rocket")


def test_outside_of_a_project_and_in_the_memory_itself_the_scope_is_the_user(
    memory: Memory, tmp_path: Path
) -> None:
    for cwd in (memory.root, tmp_path):
        entry = memory.out("flag", "x", "--repo", str(memory.root), cwd=cwd).strip()
        assert 'scope: "user"\n' in memory.read(f"queue/{entry}.flag.md")
    refused = memory.run("flag", "x", "--scope", "project", code=2)
    assert "in no project" in refused.stderr


def test_a_scope_is_user_or_a_project_whose_name_can_be_a_folder() -> None:
    projects = ("", "..", "a/../b", "A", "a b", "a\nb", ".git", "x.md", "/a", "a//b", "ü")
    for scope in ("team", "team:x", "", "User", *(f"project:{name}" for name in projects)):
        with pytest.raises(UsageError):
            check_scope(scope)
