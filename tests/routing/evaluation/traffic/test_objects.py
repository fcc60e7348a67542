"""Objects out of a file: the same ones however they are laid out, and wherever the file is cut into pieces."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.evaluation.rows import DataError
from routing.evaluation.traffic import objects as module
from routing.evaluation.traffic.objects import objects

signs = st.text(st.sampled_from('ab"\\{}[],:\n é😀'), max_size=8)
values = st.recursive(
    st.none() | st.integers() | signs,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(signs, inner, max_size=3),
    max_leaves=8,
)
LAYOUTS = {
    "lines": lambda found: "\n".join(map(json.dumps, found)),
    "list": json.dumps,
    "indented list": lambda found: json.dumps(found, indent=1, ensure_ascii=False),
    "indented, one after another": lambda found: "\r\n".join(json.dumps(one, indent=2) for one in found),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@given(found=st.lists(st.dictionaries(signs, values, max_size=3), max_size=4), piece=st.integers(1, 40))
def test_every_layout_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory, layout: str, found: list[dict[str, object]], piece: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "objects.json"
    path.write_bytes(LAYOUTS[layout](found).encode())
    with patch.object(module, "_PIECE", piece):
        assert [json.loads(body) for _, body in objects(path)] == found


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
def test_lines_are_those_on_which_they_begin(tmp_path: Path, piece: int) -> None:
    path = tmp_path / "lines.json"
    path.write_bytes(b'\n{"a": 1}\n\n{\n"a": "\\n"\n}\n  {"a": 2}')
    with patch.object(module, "_PIECE", piece):
        assert [line for line, _ in objects(path)] == [2, 4, 7]


@pytest.mark.parametrize("piece", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('{"a": 1}\nhello', 2, "is no JSON object"),
        ('{"a": 1}\n"text"', 2, "is no JSON object"),
        ('{"a": 1}\n[{"a": 1}]', 2, "is no JSON object"),
        ('{"a": "b\n"}', 1, "no closing quote"),
        ('{"a": 1}\n\n{"b": "c', 3, "cut short"),
        ('[{"a": 1},\n', 2, "cut short"),
        ('[{"a": 1}]]', 1, "is no JSON object"),
    ],
)
def test_what_cannot_be_cut_is_told_by_its_line(tmp_path: Path, text: str, line: int, what: str, piece: int) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8", newline="")
    with patch.object(module, "_PIECE", piece), pytest.raises(DataError, match=f"bad.json:{line}: .*{what}"):
        list(objects(path))


def test_an_object_without_end_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    path.write_bytes(b'{"prompt": "' + b"x" * 5_000 + b'"}')
    small = patch.multiple(module, MOST_BYTES=1_000, _PIECE=100)
    with small, pytest.raises(DataError, match=r"large.json:1: an object is larger than"):
        list(objects(path))
