"""The wheel, installed alone, runs beside any folder of the user and carries all that is read at run time."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from venv import EnvBuilder

import pytest

ROOT = Path(__file__).parents[2]
READ_AT_RUN_TIME = ("README.md", "docs/*.md", "themes/*", "routing/**/*.yaml", "routing/**/*.json")
STRANGER = "raise RuntimeError('the package of the user was imported')\n"


def _run(*command: str | Path, cwd: Path, **env: str) -> str:
    env["HOME"] = str(cwd)
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _build(kind: str, source: Path, out: Path) -> Path:
    _run(sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", out, cwd=source)
    (built,) = out.iterdir()
    return built


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment with the wheel in it; the dependencies are lent by the running one."""
    home = tmp_path_factory.mktemp("environment")
    EnvBuilder(symlinks=True).create(home)
    pip = (sys.executable, "-m", "pip", "--python", home / "bin/python")
    _run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin"


@pytest.fixture
def strange_folder(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__init__.py").write_text(STRANGER)
    (tmp_path / "routing.py").write_text(STRANGER)
    return tmp_path


@pytest.mark.parametrize("words", [("--version",), ("explain", "hi")])
@pytest.mark.parametrize("start", [("pointsman",), ("python", "-m", "pointsman")])
def test_runs_beside_an_app_of_the_users(
    scripts: Path, strange_folder: Path, start: tuple[str, ...], words: tuple[str, ...]
) -> None:
    program, *options = start
    assert _run(scripts / program, *options, *words, cwd=strange_folder, PYTHONPATH=".")


def test_the_router_is_a_library_of_the_installed_wheel(scripts: Path, strange_folder: Path) -> None:
    code = "import inspect, pointsman; print(inspect.getfile(pointsman.Router))"
    found = _run(scripts / "python", "-c", code, cwd=strange_folder, PYTHONPATH=".")
    assert Path(found).is_relative_to(scripts.parent)
    assert Path(found).match("pointsman/routing/*.py")


def test_an_app_imported_before_is_named(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    code = "import app, pointsman\ntry: pointsman.main()\nexcept ImportError as error: print(error)"
    said = _run(scripts / "python", "-c", code, cwd=tmp_path)
    assert str(tmp_path / "app.py") in said
    assert "in a process of its own" in said


@pytest.mark.parametrize("pattern", READ_AT_RUN_TIME)
def test_what_is_read_at_run_time_lies_in_the_wheel(wheel: Path, pattern: str) -> None:
    wanted = {f"pointsman/{path.relative_to(ROOT)}" for path in ROOT.glob(pattern) if path.is_file()}
    assert wanted
    assert wanted <= _names(wheel)


def test_only_pointsman_stands_at_the_top(wheel: Path) -> None:
    assert {name.partition("/")[0].partition("-")[0] for name in _names(wheel)} == {"pointsman"}


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    sdist = _build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    assert _names(_build("wheel", unpacked, tmp_path / "wheel")) == _names(wheel)
