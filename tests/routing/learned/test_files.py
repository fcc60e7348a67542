"""Model files: what is read is what was written, and a file that is not right is one sentence."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.learned.evidence import Evidence
from routing.learned.files import ModelFileError, read_model, write_model
from routing.learned.prior import Prior
from routing.learned.training import train_evidence, train_prior
from tests.routing.learned.outcomes import by_chance, some_answers, some_prompts

CARD = {"data": "made up", "figures": {"apgr": 0.7}, "limits": "only here – nowhere else"}


@cache
def _model(kind: str) -> Prior | Evidence:
    if kind == "evidence":
        return train_evidence(some_answers(60), CARD, with_prompt=False)
    if kind == "evidence with prompt":
        return train_evidence(some_answers(60), CARD, with_prompt=True)
    n = 2_000 if kind == "prior of trees" else 60
    prompts, hard = some_prompts(n)
    return train_prior(prompts, {"zweiter": hard, "ärster": by_chance([0.5] * n)}, CARD)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "evidence.json"
    write_model(path, _model("evidence"))
    return path


@pytest.mark.parametrize("kind", ["prior", "prior of trees", "evidence", "evidence with prompt"])
def test_what_is_read_is_what_was_written(kind: str, tmp_path: Path) -> None:
    path, again = tmp_path / "model.json", tmp_path / "again.json"
    write_model(path, _model(kind))
    found = read_model(path)
    assert found == _model(kind)
    assert found.models == _model(kind).models
    write_model(again, found)
    assert again.read_bytes() == path.read_bytes()


def _refused(path: Path) -> str:
    with pytest.raises(ModelFileError, match=r"^[^\n]+$") as refused:
        read_model(path)
    assert str(refused.value).startswith(str(path))
    assert refused.value.exit_code == 2
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "is no JSON, or is cut short"),
        (b"model: 1", "is no JSON, or is cut short"),
        (b"[" * 100_000, "is no JSON, or is cut short"),
        (b'{"a": NaN}', "is damaged: NaN is no number"),
        (b"[]", "is no model file"),
        (b'{"version": 1}', "is no model file"),
    ],
)
def test_what_is_no_model_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(content)
    assert words in _refused(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "is no file" in _refused(tmp_path)
    assert "is not there" in _refused(tmp_path / "none.json")
    assert "is no file" in _refused(Path("/dev/zero"))


def _change(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda envelope: envelope.update({name: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_change("version", 1), "is of version 1, and this program reads version 2"),
        (_change("version", "\x1b[31m"), "is of version '\\x1b[31m'"),
        (_change("kind", "oracle"), "kind 'oracle'"),
        (_change("kind", ["prior"]), "kind ['prior']"),
        (_change("card", None), "has no card"),
        (_change("body", []), "has no card or no numbers"),
        (_change("body", {}), "are not the ones that were written"),
        (_change("sha256", "0" * 64), "are not the ones that were written"),
    ],
)
def test_an_envelope_that_is_not_right(
    change: Callable[[dict[str, Any]], None], words: str, written: Path, tmp_path: Path
) -> None:
    assert words in _refused(_changed(written, tmp_path, change, sign=False))


def _changed(written: Path, folder: Path, change: Callable[[dict[str, Any]], None], sign: bool = True) -> Path:
    envelope = json.loads(written.read_bytes())
    change(envelope)
    if sign:
        canonical = json.dumps(envelope["body"], sort_keys=True, separators=(",", ":"))
        envelope["sha256"] = hashlib.sha256(canonical.encode()).hexdigest()
    path = folder / "changed.json"
    path.write_text(json.dumps(envelope))
    return path


def _row(text: str, change: Callable[[bytes], bytes]) -> str:
    return base64.b64encode(change(base64.b64decode(text))).decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda part: part.update(idf=_row(part["idf"], lambda row: struct.pack("<f", float("nan")) + row[4:])),
        lambda part: part.update(mean=_row(part["mean"], lambda row: struct.pack("<f", float("inf")) + row[4:])),
        lambda part: part.update(sd=_row(part["sd"], lambda row: row[4:])),
        lambda part: part.update(sd=_row(part["sd"], lambda row: row + row)),
        lambda part: part.update(idf="?" + part["idf"][1:]),
        lambda part: part.pop("idf"),
        lambda part: part.update(logistic=None),
        lambda part: part["logistic"].update(intercept="0"),
        lambda part: part["logistic"].update(intercept=True),
        lambda part: part["logistic"].update(grams=""),
    ],
)
def test_numbers_that_are_not_right_though_they_are_signed(
    change: Callable[[dict[str, Any]], None], written: Path, tmp_path: Path
) -> None:
    path = _changed(written, tmp_path, lambda envelope: change(envelope["body"]["answer"]))
    assert "numbers are missing, too many or not finite" in _refused(path)


@pytest.mark.parametrize("tree", [[44, 0.5, 1.0, 2.0], [-1, 0.5, 1.0, 2.0], [0, 0.5, 1.0], [0, 0.5, 1.0, None], "1.0"])
def test_a_tree_that_is_not_right(tree: object, tmp_path: Path) -> None:
    path = tmp_path / "prior.json"
    write_model(path, _model("prior of trees"))

    def change(envelope: dict[str, Any]) -> None:
        envelope["body"]["skills"]["zweiter"]["shape"]["trees"][3] = tree

    assert "is damaged" in _refused(_changed(path, tmp_path, change))


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_file_cut_short_is_refused(written: Path, data: st.DataObject) -> None:
    content = written.read_bytes()
    path = written.with_name("short.json")
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    _refused(path)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_letter_that_was_changed_never_gives_other_numbers(written: Path, data: st.DataObject) -> None:
    content = bytearray(written.read_bytes())
    start = content.index(b'"idf":"') + len(b'"idf":"')
    at = data.draw(st.integers(start, start + 40_000))
    content[at] = data.draw(st.sampled_from(b"AZaz09+/").filter(lambda byte: byte != content[at]))
    path = written.with_name("changed.json")
    path.write_bytes(content)
    _refused(path)


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelFileError, match="cannot be written"):
        write_model(tmp_path / "file" / "model.json", _model("evidence"))


def test_scoring_needs_no_arrays() -> None:
    program = (
        "import sys, routing.learned.files, routing.learned.training\n"
        "print([name for name in ('numpy', 'scipy', 'sklearn') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == "[]\n"
