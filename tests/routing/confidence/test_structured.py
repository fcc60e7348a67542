"""Whether an answer is the JSON that was asked for, and in which words that is told."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.analysis.analyse import analyse
from routing.confidence.measure import Measurement, measure
from routing.confidence.structured import read_structured, schema_fault
from routing.messages import Reply, TokenLogprob, ToolCall, ask

PERSON = json.dumps(
    {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": ["integer", "null"]},
            "kind": {"enum": ["staff", "guest"]},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        },
        "required": ["name", "age"],
        "additionalProperties": False,
    }
)
keywords = st.sampled_from(
    ["type", "properties", "required", "items", "enum", "$ref", "anyOf", "pattern", "minimum", "multipleOf", "$id"]
)
rules = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["#", "object"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(keywords, st.text(max_size=4)), inner, max_size=4),
    ),
    max_leaves=12,
)


def measured(text: str, *, constrained: bool = False, logprobs: tuple[float, ...] = (), **fields: Any) -> Measurement:
    request = ask("Who is it? Answer as JSON.", **fields)
    tokens = tuple(TokenLogprob("x", value) for value in logprobs)
    return measure(request, analyse(request), Reply(text, logprobs=tokens), constrained=constrained)


# ---------------------------------------------------------------- what is wrong, in words
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"name": "Ada", "age": 36}', ""),
        ('{"name": "Ada", "age": null, "kind": "guest", "tags": ["a"]}', ""),
        ('{"name": "Ada", "age": "36"}', "schema: $.age is not an integer or null"),
        ('{"age": 36}', "schema: $ lacks name"),
        ("{}", "schema: $ lacks name, age"),
        ('{"name": "Ada", "age": 1, "kind": "cat"}', 'schema: $.kind is none of "staff", "guest"'),
        ('{"name": "Ada", "age": 1, "tags": ["a", 2]}', "schema: $.tags[1] is not a string"),
        ("[]", "schema: $ is not an object"),
        ("Ada is 36.", "JSON: does not parse"),
        ('{"name": "Ada",\n "age": }', "JSON: does not parse (line 2)"),
        ('{"name": "Ada", "age": NaN}', "JSON: does not parse"),
        ("", "JSON: does not parse"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, fault: str) -> None:
    assert read_structured(text, PERSON).fault == fault


def test_a_fence_around_valid_json_is_taken_off_and_told() -> None:
    inside = '{"name": "Ada",\n "age": 36}'
    for text in (f"```json\n{inside}\n```", f"Here it is:\n~~~\n{inside}\n~~~\nAnything else?", f"```\n{inside}"):
        found = read_structured(text, PERSON)
        assert (found.fault, found.fenced, found.text) == ("", True, inside)
    parts = {part.name: part.raw for part in measured(f"```json\n{inside}\n```", schema=PERSON).parts}
    assert parts["JSON parses"] == "inside a fence"


def test_without_a_schema_it_must_only_parse() -> None:
    assert read_structured("[1, 2]", None).fault == ""
    assert read_structured("[1, 2", None).fault == "JSON: does not parse (line 1)"


# ---------------------------------------------------------------- schemas
@pytest.mark.parametrize(
    ("schema", "words", "path"),
    [
        ('{"properties": {"age": {"type": "intger"}}}', "$.properties.age.type: ", ("properties", "age", "type")),
        ('{"pattern": "("}', "regex", ("pattern",)),
        ('{"items": {"$ref": "#/$defs/nobody"}}', "#/$defs/nobody", ("items", "$ref")),
        ('{"$ref": "http://127.0.0.1:9/never-fetched.json"}', "never-fetched", ("$ref",)),
        ('{"required": "name"}', "$.required: ", ("required",)),
    ],
)
def test_a_schema_that_is_none_is_told_with_its_place(schema: str, words: str, path: tuple[str, ...]) -> None:
    fault = schema_fault(schema)
    assert fault is not None
    assert words in fault.why
    assert fault.path == path


@pytest.mark.parametrize("draft", ["draft-04", "draft-06", "draft-07"])
def test_older_drafts_are_read_as_they_were_meant(draft: str) -> None:
    schema = json.dumps({"$schema": f"http://json-schema.org/{draft}/schema#", "items": [{"type": "integer"}]})
    assert schema_fault(schema) is None
    assert read_structured('["a"]', schema).fault == "schema: $[0] is not an integer"


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ('{"$ref": "#"}', "the schema refers to itself without end"),
        ('{"items": {"$id": "http://127.0.0.1:9/a", "$ref": "b.json"}}', "a $ref leads out of the schema"),
    ],
)
def test_a_schema_that_cannot_be_applied_is_not_checked_and_says_so(schema: str, why: str) -> None:
    found = measured("[1]", schema=schema, response_format="json_schema")
    assert (found.valid, found.fault) == (None, "")
    assert ("schema not checked", why, 0.0) in {(part.name, part.raw, part.log_odds) for part in found.parts}


def test_what_a_schema_refers_to_is_never_fetched() -> None:
    met: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                connection, visitor = listener.accept()
                met.append(visitor)
                connection.close()

        server = threading.Thread(target=hang_up)
        server.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/c"
        schema = json.dumps({"items": {"$id": address, "$ref": "d.json"}})
        assert read_structured("[1]", schema).unchecked
        listener.shutdown(socket.SHUT_RDWR)
        server.join()
    assert met == []


# ---------------------------------------------------------------- never raises
@settings(deadline=None)  # the validator is loaded by the first example
@given(st.text(max_size=60), st.one_of(st.text(max_size=60), rules.map(json.dumps)))
def test_any_text_and_any_schema_are_read(text: str, schema: str) -> None:
    found = read_structured(text, schema)
    found.fault.encode()
    assert (schema_fault(schema) is None) or not found.check or found.check == "JSON"


@settings(deadline=None)  # the validator is loaded by the first example
@given(rules, rules)
def test_any_value_is_held_against_any_schema(value: Any, schema: Any) -> None:
    text = json.dumps(value)
    read_structured(text, json.dumps(schema)).fault.encode()
    read_structured(f"```json\n{text}\n```", json.dumps(schema)).fault.encode()


def test_depth_and_length_are_no_way_to_break_it() -> None:
    assert read_structured("[" * 100_000, PERSON).fault.startswith("JSON")
    assert read_structured("9" * 5_000, PERSON).fault
    assert len(read_structured(json.dumps({"name": "x" * 9_000, "age": []}), PERSON).fault) < 200
    read_structured('{"\\ud800": 1, "age": 1, "name": ""}', PERSON).fault.encode()


# ---------------------------------------------------------------- what it means for the confidence
def test_what_does_not_meet_its_schema_is_a_hard_fault() -> None:
    sound, wrong = (measured(f'{{"name": "Ada", "age": {age}}}', schema=PERSON) for age in ("36", '"old"'))
    assert (sound.valid, sound.fault, wrong.valid, wrong.fault[:6]) == (True, "", False, "schema")
    assert wrong.score < 0.2 < sound.score


def test_valid_is_said_only_where_json_was_asked_for() -> None:
    request = ask("Who is it?")
    assert measure(request, analyse(request), Reply("Ada")).valid is None
    wanting = ask("Call it.", response_format="json")
    call = (ToolCall(0, "t", "find", "{}"),)
    assert measure(wanting, analyse(wanting), Reply("", tool_calls=call)).valid is None


def test_probabilities_of_a_forced_format_have_no_weight_and_say_so() -> None:
    text, low = '{"name": "Ada", "age": 36}', (-3.0,) * 30
    plain = measured(text, schema=PERSON)
    free = measured(text, schema=PERSON, logprobs=low)
    forced = measured(text, schema=PERSON, logprobs=low, constrained=True)
    assert free.score < forced.score == plain.score
    assert (forced.low, forced.high) == (plain.low, plain.high)
    said = [part for part in forced.parts if "not weighed" in part.raw]
    assert said
    assert all(part.log_odds == 0 for part in said)
