"""`pointsman ask`: one turn, its text on stdout, its trace on stderr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from app.cli.manners import well_behaved
from app.cli.prompt import read_prompt

if TYPE_CHECKING:
    from app.cli.running import Stop
    from app.runtime import Runtime
    from app.settings import Paths
    from routing.messages import Part, Request

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The options, as they were given."""

    profile: str | None
    model: str | None
    chat: str | None
    tags: Tags
    schema: BinaryIO | None
    as_json: bool
    faults: tuple[str, ...]


def _tags(_: click.Context, __: click.Parameter, written: tuple[str, ...]) -> Tags:
    pairs = [text.partition("=") for text in written]
    for name, equals, _value in pairs:
        if not name or not equals:
            raise click.BadParameter("write it as NAME=VALUE.")
    return tuple((name, value) for name, _, value in pairs)


@click.command()
@click.argument("prompt", required=False)
@click.option("--profile", metavar="NAME", help="The profile that decides.")
@click.option("--model", metavar="NAME", help="Ask this model: an id, an alias or a glob.")
@click.option("--chat", metavar="ID", help="Go on with this chat, or begin it.")
@click.option("--tag", "tags", multiple=True, metavar="K=V", callback=_tags, help="Say something to the rules.")
@click.option("--schema", type=click.File("rb"), metavar="FILE", help="The JSON schema that the answer must meet.")
@click.option("--json", "as_json", is_flag=True, help="Every event as a line of JSON.")
@click.option("--fault", "faults", multiple=True, metavar="P:KIND", help="Break a simulated provider.")
@well_behaved
def ask(paths: Paths, prompt: str | None, **options: Any) -> int:
    """Ask PROMPT, or what is piped in (`-`); with both, the piped text comes after the prompt."""
    parts = read_prompt(prompt)
    from app.cli.running import run

    async def main(stop: Stop) -> int:
        return await _ask(stop, paths, _request(parts, asked), asked)

    asked = Asked(**options)
    return run(main)


def _read_schema(file: BinaryIO) -> str:
    import json

    from routing.errors import ConfigurationError, Problem

    try:
        text = file.read().decode("utf-8-sig")
        if isinstance(json.loads(text), dict):
            return str(text)
        problem = Problem(file.name, None, "is no JSON schema: it must be an object, in { }.")
    except json.JSONDecodeError as error:
        problem = Problem(file.name, error.lineno, f"is not JSON: {error.msg}.")
    except (UnicodeDecodeError, RecursionError):
        problem = Problem(file.name, None, "is not JSON in UTF-8.")
    raise ConfigurationError((problem,))


def _request(parts: tuple[Part, ...], asked: Asked) -> Request:
    from app.history.conversation import new_chat_id
    from routing.clock import SystemClock
    from routing.messages import Request, clean_text

    schema = _read_schema(asked.schema) if asked.schema is not None else None
    return Request(
        content=parts,
        chat_id=clean_text(asked.chat) if asked.chat else new_chat_id(SystemClock().wall()),
        model=clean_text(asked.model) if asked.model else None,
        tags=tuple((clean_text(name), clean_text(value)) for name, value in asked.tags),
        response_format="json_schema" if schema else "text",
        schema=schema,
    )


async def _ask(stop: Stop, paths: Paths, request: Request, asked: Asked) -> int:
    from app.cli.printing import printer
    from app.history.conversation import continue_chat
    from app.runtime import Runtime
    from app.settings import read_settings
    from app.sources import Wanted

    wanted = Wanted(faults=asked.faults)
    runtime = await Runtime.open(paths, read_settings(paths), program="ask", wanted=wanted, profile=asked.profile)
    try:
        _check_model(runtime, request.model)
        turn = runtime.router.start(continue_chat(runtime.store, request))
        stop.ask = turn.cancel
        shown = printer(asked.as_json)
        async for event in turn.events():
            shown.feed(event)
        return shown.end()
    finally:
        await runtime.aclose()


def _check_model(runtime: Runtime, model: str | None) -> None:
    """Raises ConfigurationError when no model is called so."""
    from routing.decision.constraints import matches
    from routing.errors import ConfigurationError

    registry, aliases = runtime.router.setup.registry, runtime.router.policy(None).aliases
    if model is not None and not any(matches(model, known, aliases) for known in registry.models):
        raise ConfigurationError(f"There is no model {model!r}: see what there is with `pointsman models`.")
