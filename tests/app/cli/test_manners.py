"""What every command has in common: help, one sentence for an error, and its exit code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.explaining import NO_MODELS
from app.cli.main import NO_TERMINAL, cli
from tests.app.cli.conftest import PROGRAM, Shell

COMMANDS = ("ask", "explain", "models", "demo", "report", "history", "simulate", "check")


def _invoke(tmp_path: Path, *words: str, config: str = "") -> Result:
    (tmp_path / "config.yaml").write_text(config)
    environ = {"POINTSMAN_DATA_DIR": str(tmp_path / "data"), "POINTSMAN_CONFIG": str(tmp_path / "config.yaml")}
    return CliRunner().invoke(cli, words, env=environ)


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_command(flag: str) -> None:
    done = CliRunner().invoke(cli, [flag])
    assert done.exit_code == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", [*COMMANDS, "report session", "report spend", "history list", "history export"])
def test_each_command_tells_what_it_does(command: str) -> None:
    done = CliRunner().invoke(cli, [*command.split(), "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.stdout


def test_the_client_needs_a_terminal(tmp_path: Path) -> None:
    done = _invoke(tmp_path)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"{NO_TERMINAL}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--profile", "economy", "ask", "hi"), "write it after `ask`"),
        (("--fault", "all:500", "models"), "write it after `models`"),
        (("ask",), "There is no prompt"),
        (("ask", "hello", "there", "friend"), 'put it in quotes: "hello there friend"'),
        (("ask", "   "), "There is no prompt"),
        (("ask", "hi", "--tag", "=x"), "write it as NAME or NAME=VALUE"),
        (("ask", "hi", "--tag", "two words"), "write it as NAME or NAME=VALUE"),
        (("ask", "hi", "--schema", "/no/such/file"), "/no/such/file"),
        (("ask", "hi", "--profile", "balancd"), "There is no profile 'balancd'"),
        (("ask", "hi", "--model", "nobody/*"), "There is no model 'nobody/*'"),
        (("ask", "hi", "--fault", "nobody:500"), '"nobody:500" is not a fault'),
        (("explain", "hi", "--profile", "nope"), "There is no profile 'nope'"),
        (("explain", "hi", "--profile", "economy", "--all-profiles"), "Choose one"),
        (("report", "spend", "--since", "soon"), "such as 7d"),
        (("report", "session", "nope"), "There is no one session 'nope'"),
        (("history", "show", "nope"), "There is no one chat 'nope'"),
        (("history", "delete", "nope"), "There is no one chat 'nope'"),
        (("simulate", "--fault", "all:tired"), '"all:tired" is not a fault'),
        (("demo", "--fault", "all:tired"), '"all:tired" is not a fault'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_told(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = _invoke(tmp_path, *words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert said in " ".join(done.stderr.split())


@pytest.mark.parametrize("words", [("ask", "hi"), ("explain", "hi"), ("models",), ("check",)], ids=" ".join)
def test_a_mistake_in_the_configuration_names_its_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = _invoke(tmp_path, *words, config="profile: economy\ncaps:\n  day_usd: -1\n")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "config.yaml:3: day_usd must be dollars" in done.stderr


@pytest.mark.parametrize("words", [("ask", "hi"), ("explain", "hi"), ("models",), ("check",)], ids=" ".join)
def test_a_profile_that_is_none_names_its_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = _invoke(tmp_path, *words, config="theme: night-yard\nprofile: qualty\n")
    assert done.exit_code == 2
    assert "config.yaml:2: there is no profile 'qualty'; write 'quality'" in done.stderr


def test_a_file_that_was_named_and_is_not_there_is_told(bare: Shell, tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    said = f"{missing} does not exist: nothing is set by it.\n"
    assert bare.run("history", "list", "--config", str(missing)).err.startswith(said)
    done = CliRunner().invoke(
        cli, ["history", "list"], env={"POINTSMAN_DATA_DIR": str(tmp_path), "POINTSMAN_CONFIG": str(missing)}
    )
    assert done.stderr.startswith(f"{said.rstrip()} POINTSMAN_CONFIG names it.\n")
    assert "does not exist" not in bare.run("history", "list").err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize(
    "stream",
    [{}, {"PYTHONUNBUFFERED": "1"}, {"PYTHONIOENCODING": "ascii"}],
    ids=["buffered", "unbuffered", "ascii"],
)
@pytest.mark.parametrize(
    "words", [("ask", "What is 2+3?"), ("caps", "--json"), ("--help",), ("--version",)], ids=" ".join
)
def test_output_that_cannot_be_written_is_one_sentence(
    shell: Shell, words: tuple[str, ...], stream: dict[str, str]
) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *words],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**shell.environ, **stream},
            cwd=shell.home,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"Cannot write the output: No space left on device.\n")


def test_no_models_is_a_failure_with_its_reason(bare: Shell) -> None:
    bare.write_config("providers: {nobody: {base_url: 'http://127.0.0.1:9/v1'}}\n")
    assert "nobody: Cannot reach" in bare.run("models", code=1).err
    assert bare.run("explain", "hi", code=1).out == f"{NO_MODELS}\n"


def test_a_schema_must_be_one(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    for text, said in (('{"type":\n oops}', "schema.json:2: is not JSON"), ("[1]", "must be an object")):
        schema.write_text(text)
        done = _invoke(tmp_path, "ask", "hi", "--schema", str(schema))
        assert done.exit_code == 2
        assert said in done.stderr


def test_a_ledger_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/ledger.db").write_text("this is no database, and long enough to be looked at as one\n" * 20)
    done = _invoke(tmp_path, "history", "list")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "is damaged" in done.stderr


def test_folders_may_be_named_before_and_after_the_command(bare: Shell, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    bare.run("--data-dir", str(before), "history", "list")
    bare.run("--data-dir", str(before), "history", "list", "--data-dir", str(after))
    assert (before / "ledger.db").exists()
    assert (after / "ledger.db").exists()
    assert not bare.data_dir.exists()


def test_version(bare: Shell) -> None:
    name, number = bare.run("--version").out.split()
    assert name == "pointsman"
    assert number[0].isdigit()
