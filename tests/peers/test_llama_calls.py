"""Calls of a real llama-server, in each dialect that it speaks."""

from __future__ import annotations

import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from routing.analysis.analyse import analyse
from routing.confidence.measure import Measurement, measure
from routing.errors import ErrorKind, ProviderError
from routing.messages import ImagePart, Message, Reply, TextChunk, TextPart, ask
from routing.policy.model import Timeouts
from routing.providers.contract import Call
from routing.providers.http import HttpProvider
from routing.providers.sentences import sentence
from routing.registry.model import Model
from tests.peers.asking import Answer, call, speaking
from tests.peers.fetching import Program
from tests.peers.serving import LlamaServer, running_llama
from tests.peers.tiny_model import SENTENCE

pytestmark = pytest.mark.peers

each_dialect = pytest.mark.parametrize("dialect", LlamaServer.dialects())
ASKED = "What became of the yard?"


async def answer(server: LlamaServer, dialect: str, text: str = ASKED, **fields: Any) -> Answer:
    async with speaking(dialect, server.base_url(dialect), server.key or None) as provider:
        (model,) = await provider.list_models()
        return await call(provider, model, text, **fields)


@each_dialect
async def test_its_model_is_listed_with_its_window(sure: LlamaServer, dialect: str) -> None:
    async with speaking(dialect, sure.base_url(dialect)) as provider:
        (model,) = await provider.list_models()
    assert (model.name, model.tier, model.context_window) == ("tiny-sure", "small", 2048)
    assert model.local
    assert model.price is not None
    assert model.price.of(1000, 1000) == 0


@each_dialect
async def test_its_answer_comes_whole(sure: LlamaServer, dialect: str) -> None:
    found = await answer(sure, dialect)
    assert (found.text, found.finish) == (SENTENCE, "stop")
    cut = await answer(sure, dialect, max_output_tokens=4)
    assert (cut.text, cut.finish) == ("The yard opened in", "length")


@each_dialect
async def test_usage_is_what_the_server_counted(sure: LlamaServer, dialect: str) -> None:
    """The second time, most of the prompt comes from the server's cache."""
    for cached in (False, True):
        before = sure.counted()
        usage = (await answer(sure, dialect, f"{ASKED} Tell it to somebody who speaks {dialect}.")).usage
        read, from_cache, written = (after - ago for after, ago in zip(sure.counted(), before, strict=True))
        assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (read, written, from_cache)
        assert usage.reported
        assert from_cache > 40 or not cached


async def test_logprobs_are_the_servers_and_move_the_confidence(sure: LlamaServer, unsure: LlamaServer) -> None:
    certain, doubtful = await answer(sure, "openai"), await answer(unsure, "openai")
    assert certain.text == doubtful.text == SENTENCE
    for found in (certain, doubtful):
        assert "".join(token.token for token in found.logprobs) == SENTENCE
        assert all(token.second is not None and token.second <= token.logprob <= 0 for token in found.logprobs)
    assert min(token.logprob for token in certain.logprobs) > -0.01
    assert max(token.logprob for token in doubtful.logprobs) < -2
    assert _measured(certain).score > _measured(doubtful).score + 0.2


def _measured(found: Answer) -> Measurement:
    request = ask(ASKED)
    return measure(request, analyse(request), Reply(found.text, logprobs=found.logprobs, finish=found.finish))


async def test_an_answer_meets_its_schema(sure: LlamaServer) -> None:
    fields: dict[str, Any] = {
        "opened": {"type": "boolean"},
        "tracks": {"enum": ["none", "two", "four"]},
    }
    schema = {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}
    found = await answer(
        sure, "openai", "Fill it in.", response_format="json_schema", schema=json.dumps(schema), max_output_tokens=200
    )
    document = json.loads(found.text)
    assert document.keys() == fields.keys()
    assert type(document["opened"]) is bool
    assert document["tracks"] in fields["tracks"]["enum"]


@each_dialect
async def test_a_prompt_that_is_too_long_is_told_with_both_sizes(sure: LlamaServer, dialect: str) -> None:
    async with speaking(dialect, sure.base_url(dialect)) as provider:
        (model,) = await provider.list_models()
        with pytest.raises(ProviderError) as raised:
            await call(provider, model, "long " * 600)
        said = sentence(raised.value, provider.config, model, None)
    assert raised.value.kind is ErrorKind.CONTEXT_LENGTH
    assert said.startswith("Too long for tiny-sure: it needs 3,0")
    assert "tokens, the window is 2,048" in said


@each_dialect
async def test_an_image_that_it_cannot_see_is_no_fault_of_the_server(sure: LlamaServer, dialect: str) -> None:
    """It says so with a 500."""
    shown = Message("user", (TextPart("What is this?"), ImagePart("image/png", "aGk=")))
    async with speaking(dialect, sure.base_url(dialect)) as provider:
        (model,) = await provider.list_models()
        assert "vision" not in model.capabilities
        with pytest.raises(ProviderError) as raised:
            _ = [chunk async for chunk in provider.stream(Call((shown,), 8), model, Timeouts())]
    assert raised.value.status == 500
    assert (raised.value.kind, raised.value.refused) == (ErrorKind.INVALID_REQUEST, "vision")


@each_dialect
async def test_a_key_is_sent_and_a_wrong_one_refused(locked: LlamaServer, dialect: str) -> None:
    assert (await answer(locked, dialect)).text.startswith("The")
    async with speaking(dialect, locked.base_url(dialect), "open sesam") as provider:
        with pytest.raises(ProviderError) as raised:
            await provider.list_models()
    assert raised.value.kind is ErrorKind.AUTH
    assert "open sesam" not in str(raised.value)


@each_dialect
async def test_a_server_that_loads_is_overloaded_until_it_answers(
    llama_program: Program, sure: LlamaServer, tmp_path: Path, dialect: str
) -> None:
    async with speaking(dialect, sure.base_url(dialect)) as provider:
        (model,) = await provider.list_models()
    with running_llama(llama_program, "sure", tmp_path / "log", window=524_288, wait=False) as server:
        async with speaking(dialect, server.base_url(dialect)) as provider:
            text, kinds = await _until_it_answers(server, provider, model)
    assert text == SENTENCE
    assert ErrorKind.OVERLOADED in kinds
    assert kinds <= {ErrorKind.OVERLOADED, ErrorKind.CONNECTION}


async def _until_it_answers(server: LlamaServer, provider: HttpProvider, model: Model) -> tuple[str, set[ErrorKind]]:
    """What it said in the end, and how it failed before."""
    kinds: set[ErrorKind] = set()
    while True:
        try:
            return (await call(provider, model, ASKED)).text, kinds
        except ProviderError as error:
            kinds.add(error.kind)
            assert server.process.poll() is None, server.log.read_text()


@each_dialect
async def test_a_server_that_dies_in_mid_answer_is_no_end_of_it(
    llama_program: Program, tmp_path: Path, dialect: str
) -> None:
    with running_llama(llama_program, "endless", tmp_path / "log", window=16_384) as server:
        async with speaking(dialect, server.base_url(dialect)) as provider:
            (model,) = await provider.list_models()
            with pytest.raises(ProviderError) as raised:
                await _kill_when_it_speaks(server, provider, model)
    assert raised.value.kind in (ErrorKind.CONNECTION, ErrorKind.MALFORMED_STREAM)
    assert raised.value.sent


async def _kill_when_it_speaks(server: LlamaServer, provider: HttpProvider, model: Model) -> None:
    asked = Call((Message("user", (TextPart(ASKED),)),), max_output_tokens=8000, temperature=0)
    async with aclosing(provider.stream(asked, model, Timeouts())) as chunks:
        async for chunk in chunks:
            if isinstance(chunk, TextChunk):
                server.kill()
