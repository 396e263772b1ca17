"""The package as it is installed: nothing of the templates and the skeleton is missing or stale."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent


def tracked(folder: str) -> dict[str, bytes]:
    """Return path → content of what git tracks below a folder of this project."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", folder],
        cwd=TOP, capture_output=True, check=True,
    )  # fmt: skip
    paths = [path for path in done.stdout.decode().split("\0") if path]
    assert paths
    return {path[len(folder) + 1 :]: (TOP / path).read_bytes() for path in paths}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build an sdist, and a wheel from that sdist, as an installer does."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    subprocess.run([*build, "-t", "sdist"], cwd=TOP, check=True, capture_output=True)
    (sdist,) = out.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(out, filter="data")
    unpacked = out / sdist.name.removesuffix(".tar.gz")
    subprocess.run([*build, "-t", "wheel"], cwd=unpacked, check=True, capture_output=True)
    (made,) = out.glob("*.whl")
    return made


@pytest.mark.parametrize(
    ("folder", "inside"), [("templates", "templates"), ("memory-repo-skeleton", "skeleton")]
)
def test_the_wheel_holds_exactly_the_tracked_files(wheel: Path, folder: str, inside: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        prefix = f"commonplace/{inside}/"
        held = {
            name[len(prefix) :]: archive.read(name)
            for name in archive.namelist()
            if name.startswith(prefix) and not name.endswith("/")
        }
    assert held == tracked(folder)


def test_the_installed_program_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    environment = {**os.environ, "PYTHONPATH": str(target)}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "commonplace", *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    run("init")
    run("flag", "An installed program finds its templates and its skeleton")
    assert "chapter has closed" in run("boundary", "chapter")
    assert run("drain").startswith("drain: 1 flag into 1 topic")
