"""Exports of any form to prompts, and a sentence for each file that is none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ConfigurationError
from routing.evaluation.rows import DataError
from routing.evaluation.traffic.asked import Asked
from routing.evaluation.traffic.importing import read_prompts
from tests.routing.evaluation.traffic.exports import claude_chat, node, openai_chat, openai_node


def imported(folder: Path, *rows: object, whole: bool = False) -> list[Asked]:
    path = folder / "export.json"
    path.write_text(json.dumps(list(rows)) if whole else "\n".join(map(json.dumps, rows)), encoding="utf-8")
    return read_prompts(path)


def test_lines_of_any_of_the_three_columns(tmp_path: Path) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "One?"}]
    found = imported(tmp_path, {"prompt": "One?"}, {"text": "One?"}, {"messages": messages})
    assert [one.text for one in found] == ["One?"] * 3
    assert found[0] == found[1] == Asked("One?")


def test_what_stands_beside_a_prompt_is_kept(tmp_path: Path) -> None:
    row = {"prompt": "Hi", "at_s": 12.5, "input_tokens": 7, "output_tokens": 9, "model": "a/b", "cost_usd": 0.25}
    assert imported(tmp_path, row) == [Asked("Hi", 12.5, 7, 9, "a/b", 250_000_000, counted=True)]


def test_a_row_that_ends_with_the_user_is_one_prompt(tmp_path: Path) -> None:
    chat = [{"role": role, "content": [{"type": "text", "text": f"{role} {n}"}]} for n in range(2) for role in SPEAKERS]
    whole = imported(tmp_path, {"messages": chat})
    assert [one.text for one in whole] == ["user 0", "user 1"]
    last = imported(tmp_path, {"messages": chat[:-1]})
    assert [one.text for one in last] == ["user 1"]
    assert last[0].input_tokens == whole[1].input_tokens
    assert last[0].output_tokens is None
    assert whole[1].output_tokens


SPEAKERS = ("user", "assistant")


def test_a_tree_of_messages(tmp_path: Path) -> None:
    chat = openai_chat(["First?", "Second?"], model="gpt-4o")
    chat["mapping"]["edited"] = openai_node("user", "Second, edited?", parent="a0")
    first, second, edited = imported(tmp_path, chat, whole=True)
    assert (first.text, second.text, edited.text) == ("First?", "Second?", "Second, edited?")
    assert first.model == second.model == "openai/gpt-4o"
    assert edited.model is None
    assert first.at_s == 1_700_000_000
    assert first.input_tokens is not None
    assert second.input_tokens is not None
    assert edited.input_tokens is not None
    assert first.input_tokens < second.input_tokens < edited.input_tokens


def test_what_the_program_adds_is_no_prompt(tmp_path: Path) -> None:
    chat = openai_chat(["Mine"])
    chat["mapping"]["u0"]["parent"] = "about"
    chat["mapping"]["about"] = openai_node("user", "About me", kind="user_editable_context")
    hidden = chat["mapping"]["hidden"] = openai_node("user", "Hidden", parent="a0")
    hidden["message"]["metadata"] = {"is_visually_hidden_from_conversation": True}
    chat["mapping"]["picture"] = openai_node("user", {"asset_pointer": "x"}, parent="a0", kind="multimodal_text")
    assert [one.text for one in imported(tmp_path, chat)] == ["Mine"]


def test_a_circle_of_messages_ends(tmp_path: Path) -> None:
    chat = openai_chat(["Mine"])
    chat["mapping"] |= {"x": openai_node("user", "X", parent="y"), "y": openai_node("user", "Y", parent="x")}
    assert [one.text for one in imported(tmp_path, chat)] == ["Mine"]


def test_a_list_of_messages(tmp_path: Path) -> None:
    plain = imported(tmp_path, claude_chat(["One?", "Two?"]), whole=True)
    assert [one.text for one in plain] == ["One?", "Two?"]
    assert plain[0].at_s == 1_700_000_000
    assert plain[0].output_tokens == plain[1].output_tokens
    attached = claude_chat(["One?"])
    attached["chat_messages"][0]["attachments"] = [{"file_name": "a.txt", "extracted_content": "word " * 400}]
    assert (imported(tmp_path, attached)[0].input_tokens or 0) > (plain[0].input_tokens or 0) + 400


def test_an_empty_chat_is_no_mistake(tmp_path: Path) -> None:
    assert len(imported(tmp_path, claude_chat([]), claude_chat(["Hi"]), openai_chat([]), whole=True)) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty; it must be"),
        (b" \n\n", "is empty; it must be"),
        (b"PK\x03\x04rest", "is a zip archive; unpack it"),
        (b"\x1f\x8brest", "is compressed; unpack it"),
        (b"name,prompt\n1,2\n", "is no export that is known; it must be"),
        (b"# A page\n\nNothing of a chat.\n", "holds no prompt; name an export"),
        (b"[]", "holds no prompt; name an export"),
        (b'{"question": "Hi"}', ":1: is no chat and no prompt: it has 'question'; it needs"),
        (b'{"prompt": "Hi"}\n{"prompt": 3}', ":2: `prompt` is 3; it must be text"),
        (b'{"prompt": "Hi"}\n{"prompt": " "}', ":2: `prompt` is empty; write"),
        (b'{"prompt": "Hi", "cost_usd": -1}', ":1: `cost_usd` is -1; it must be"),
        (b'{"prompt": "Hi", "cost_usd": NaN}', ":1: NaN is no number"),
        (b'{"messages": []}', ":1: `messages` is []; it must be"),
        (b'{"messages": [{"content": "Hi"}]}', ":1: one of `messages` has no role"),
        (b'{"messages": [{"role": "system", "content": "Hi"}]}', ":1: none of `messages` is the user's"),
        (b'[{"mapping": 3}]', ":1: `mapping` is 3; it must be"),
        (b'[{"chat_messages": {}}]', ":1: `chat_messages` is {}; it must be"),
        (b'{"turns": 3}', ":1: `turns` is 3; it must be"),
        (b'{"turns": [{}]}', ":1: one of `turns` has no prompt"),
        (b'{"prompt": "\xff"}', ":1: is not UTF-8"),
        (b"# \xff\n", "is not UTF-8"),
        (b'{"prompt": "Hi"', ":1: what begins here has no end"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "export"
    path.write_bytes(body)
    with pytest.raises(DataError) as error:
        read_prompts(path)
    assert str(path) in str(error.value)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_every_mistake_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        imported(tmp_path, {"a": 1}, {"prompt": "Hi"}, {"prompt": None})
    assert [problem.line for problem in error.value.problems] == [1, 3]


@pytest.mark.parametrize(("name", "said"), [("none", "is not there"), (".", "is no file")])
def test_a_file_that_is_none(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_prompts(tmp_path / name)


anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["message", "parent", "author", "role", "content", "parts", "sender", "text", "create_time"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(found=anything, form=st.sampled_from(["mapping", "chat_messages", "messages", "turns"]))
def test_nothing_in_an_export_is_trusted(tmp_path_factory: pytest.TempPathFactory, found: Any, form: str) -> None:
    messages = {"a": node(found), "b": found} if form == "mapping" else [found]
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps([{form: messages}]))
    refused: ConfigurationError | None = None
    prompts: Sequence[Asked] = ()
    try:
        prompts = read_prompts(path)
    except ConfigurationError as error:
        refused = error
    assert "\n" not in str(refused or "")
    assert all(one.text.strip() for one in prompts)
