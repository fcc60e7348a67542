"""`pointsman ask`: one turn, its text on stdout, its trace on stderr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from app.cli.manners import say, well_behaved
from app.cli.prompt import Tags, asking, read_request, say_unread

if TYPE_CHECKING:
    from app.cli.running import Stop
    from app.runtime import Runtime
    from app.settings import Paths
    from routing.execution.prechecks import Choice
    from routing.messages import Request

_PATIENCE_S = 2.0
"""For this long lists of models are waited for, once one has come."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The options, as they were given."""

    profile: str | None
    model: str | None
    chat: str | None
    personal: Choice | None
    as_json: bool
    faults: tuple[str, ...]


@click.command()
@asking
@click.option("--profile", metavar="NAME", help="The profile that decides.")
@click.option("--model", metavar="NAME", help="Ask this model: an id, an alias or a glob.")
@click.option("--chat", metavar="ID", help="Go on with this chat (`last`: the latest), or begin it.")
@click.option(
    "--personal",
    type=click.Choice(["send", "mask", "local"]),
    help="What may be done about personal data: send it, mask it, or keep it local.",
)
@click.option("--json", "as_json", is_flag=True, help="Every event as a line of JSON.")
@click.option("--fault", "faults", multiple=True, metavar="P:KIND", help="Break a simulated provider.")
@well_behaved
def ask(paths: Paths, prompt: str | None, attach: tuple[str, ...], schema: Any, tags: Tags, **options: Any) -> int:
    """Ask PROMPT, or what is piped in (`-`); with both, the piped text comes after the prompt."""
    asked = Asked(**options)
    request = _completed(read_request(prompt, attach, schema, tags), asked)
    from app.cli.running import run

    async def main(stop: Stop) -> int:
        return await _ask(stop, paths, request, asked)

    return run(main)


def _completed(request: Request, asked: Asked) -> Request:
    """With the chat that it belongs to (`last` stays so until the ledger is open) and the model that is pinned."""
    from dataclasses import replace

    from app.history.conversation import new_chat_id
    from routing.clock import SystemClock
    from routing.messages import clean_text

    chat = clean_text(asked.chat) if asked.chat else new_chat_id(SystemClock().wall())
    model = clean_text(asked.model) if asked.model else None
    return replace(request, chat_id=chat, model=model, personal=asked.personal)


async def _ask(stop: Stop, paths: Paths, request: Request, asked: Asked) -> int:
    from app.cli.printing import printer
    from app.history.conversation import continue_chat
    from app.runtime import Runtime
    from app.settings import read_settings
    from app.sources import Wanted

    wanted = Wanted(faults=asked.faults, patience_s=None if asked.model else _PATIENCE_S)
    runtime = await Runtime.open(paths, read_settings(paths), program="ask", wanted=wanted, profile=asked.profile)
    try:
        _tell_why_none(runtime)
        _tell_of_profiles(runtime, request)
        _check_model(runtime, request)
        say_unread(request, [runtime.router.policy(request.profile)])
        request = continue_chat(runtime.store, _in_latest(runtime, request))
        await _check_personal(runtime, request)
        turn = runtime.router.start(request)
        stop.ask = turn.cancel
        shown = printer(asked.as_json, bare_json=request.schema is not None)
        async for event in turn.events():
            shown.feed(event)
        for sentence in runtime.noticed():
            say(sentence)
        return shown.end()
    finally:
        await runtime.aclose()


def _in_latest(runtime: Runtime, request: Request) -> Request:
    """The request in the chat that was used last, where it asks for that; in a new one when there is none."""
    from dataclasses import replace

    from routing.ledger.chats import last_chat

    if request.chat_id != "last":
        return request
    chat = last_chat(runtime.store)
    if chat is None:
        say("There is no chat yet, so this begins one.")
    return replace(request, chat_id=runtime.new_id() if chat is None else chat.id)


def _tell_why_none(runtime: Runtime) -> None:
    """When no provider gave a model: what each of them lacks."""
    if not runtime.router.setup.registry.models:
        for one in runtime.sources.checked:
            if one.problem is not None:
                say(one.problem)


def _tell_of_profiles(runtime: Runtime, request: Request) -> None:
    """Files that are left out, and models that the profile names and nobody has."""
    from app.cli.profiles import say_absent, say_left_out

    say_left_out(runtime.profiles)
    say_absent(runtime.absent(runtime.router.policy(request.profile).id))


async def _check_personal(runtime: Runtime, request: Request) -> None:
    """Say what is done about personal data before it is. Raises PointsmanError where the profile wants the user to be
    asked first."""
    from routing.errors import PointsmanError

    personal = runtime.router.explain(request, await runtime.accounts()).personal
    if personal.asks:
        profile = runtime.router.policy(request.profile).id
        raise PointsmanError(
            f"Nothing was sent: there is {' and '.join(personal.kinds)} in it, and the profile {profile} asks what may "
            "be done: say --personal send, mask or local."
        )
    if personal.kinds and not personal.stays:
        say(personal.sentence)


def _check_model(runtime: Runtime, request: Request) -> None:
    """Raises ConfigurationError when no model is called so."""
    from routing.decision.case import matches
    from routing.errors import ConfigurationError

    model, aliases = request.model, runtime.router.policy(request.profile).aliases
    registry = runtime.router.setup.registry
    if model is not None and not any(matches(model, known, aliases) for known in registry.models):
        raise ConfigurationError(f"There is no model {model!r}: see what there is with `pointsman models`.")
