"""The runner of planted bugs, on a product of one line: it tells a test that holds from one that does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.mutants.__main__ import main

KILLED = {
    "name": "one-off",
    "file": "thing.py",
    "find": "<= cap",
    "replace": "< cap",
    "tests": "test_thing.py",
    "why": "a cap admits what fits it exactly",
}
SURVIVOR = KILLED | {"name": "never-looked-at", "find": "return True", "replace": "return False"}


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """A function with a test of its one half."""
    root = tmp_path / "product"
    root.mkdir()
    (root / "thing.py").write_text(
        "def fits(amount, cap):\n    return amount <= cap\n\n\ndef untested():\n    return True\n"
    )
    (root / "test_thing.py").write_text(
        "from thing import fits\n\n\ndef test_an_exact_fit():\n    assert fits(3, 3) and not fits(4, 3)\n"
    )
    return root


def run(product: Path, *bugs: dict[str, str], options: tuple[str, ...] = ()) -> int:
    listed = product.parent / "bugs.yaml"
    listed.write_text(yaml.safe_dump(list(bugs)))
    return main(["--list", str(listed), "--root", str(product), *options])


def test_one_is_killed_and_one_survives(product: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (product / "thing.py").read_text()
    assert run(product, KILLED, SURVIVOR, options=("--json",)) == 1
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["outcome"] for row in told["mutants"]} == {
        "one-off": "killed",
        "never-looked-at": "survived",
    }
    assert (told["planted"], told["killed"], told["survived"]) == (2, 1, ["never-looked-at"])
    assert (product / "thing.py").read_text() == before


def test_all_are_killed(product: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(product, KILLED, SURVIVOR, options=("--only", "one-off")) == 0
    assert "1 of 1 planted bugs killed" in capsys.readouterr().out


def test_tests_that_are_red_anyway_kill_nothing(product: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (product / "thing.py").write_text("def fits(amount, cap):\n    return amount <= cap - 1\n")
    assert run(product, KILLED) == 1
    assert "not green on the code as it is" in capsys.readouterr().err


def test_a_bug_that_cannot_be_loaded_is_not_killed(product: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(product, KILLED | {"replace": "<= <= cap"}) == 1
    assert "invalid" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"find": "return"}, "one-off: 'return' stands 2 times in thing.py, not once."),
        ({"find": "gone"}, "one-off: 'gone' stands 0 times in thing.py, not once."),
        ({"file": "other.py"}, "one-off: there is no file other.py."),
        ({"replace": "<= cap"}, "one-off: it changes nothing."),
        ({"extra": "1"}, "one-off: a bug has exactly file, find, name, replace, tests, why."),
    ],
)
def test_a_list_that_does_not_fit_is_said(
    product: Path, change: dict[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(product, KILLED | change) == 2
    assert capsys.readouterr().err.strip() == sentence


def test_names_are_told_apart(product: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(product, KILLED, KILLED) == 2
    assert "two bugs are called one-off" in capsys.readouterr().err
    assert run(product, KILLED, options=("--only", "other")) == 2
    assert "no bug called other" in capsys.readouterr().err


def test_the_list_of_the_product_fits_it() -> None:
    from tests.mutants.__main__ import HERE
    from tests.mutants.planting import check, read_list

    mutants = read_list(HERE / "mutants.yaml")
    check(mutants, HERE.parents[1])
    assert len(mutants) >= 60
