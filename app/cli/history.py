"""`pointsman history`: the chats that the ledger keeps."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from app.cli.manners import say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.history.export import Calls
    from app.settings import Paths
    from routing.ledger.rows import ChatRow, TurnRow
    from routing.ledger.store import Store

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_LIMIT = 50


@click.group()
def history() -> None:
    """Chats: list, search, show, export, delete."""


@history.command(name="list")
@_JSON
@well_behaved
def list_(paths: Paths, as_json: bool) -> None:
    """Every chat, the last used first."""
    from app.cli.ledgers import open_ledger
    from app.cli.summaries import moment
    from app.cli.tables import Table, as_text
    from routing.ledger.chats import list_chats

    with open_ledger(paths) as store:
        chats = list_chats(store)
    if as_json:
        tell_json({"chats": [asdict(chat) for chat in chats]})
    elif chats:
        rows = [(chat.id, moment(chat.updated_s), str(chat.turns), chat.title) for chat in chats]
        tell(as_text(Table(("chat", "last used", "turns", "title"), rows)))
    else:
        say("There is no chat yet.")


@history.command()
@click.argument("words", nargs=-1, required=True)
@_JSON
@well_behaved
def search(paths: Paths, words: tuple[str, ...], as_json: bool) -> None:
    """Turns in which every one of WORDS stands, the newest first."""
    from app.cli.ledgers import open_ledger
    from app.cli.summaries import moment
    from routing.ledger.chats import search as search_turns

    with open_ledger(paths) as store:
        hits = search_turns(store, " ".join(words), limit=_LIMIT)
    if as_json:
        tell_json({"hits": [asdict(hit) for hit in hits]})
    elif hits:
        lines = [f"{hit.chat}  {moment(hit.started_s)}  {hit.title}\n  {' '.join(hit.snippet.split())}" for hit in hits]
        tell("\n".join(lines))
    else:
        say("Nothing was found.")


@history.command()
@click.argument("chat", default="last", metavar="[CHAT|last]")
@_JSON
@well_behaved
def show(paths: Paths, chat: str, as_json: bool) -> None:
    """A chat along its latest branch, each reply with how it came about."""
    from app.history.export import as_document, signature

    found, turns, calls = _read(paths, chat)
    if as_json:
        tell_json(as_document(found, turns, calls))
        return
    lines = [f"{found.title}  ({found.id})"]
    for turn in turns:
        prompt = "\n  ".join(turn.prompt.splitlines())
        attached = [f"  ▣ {name}" for name in turn.attached.splitlines()]
        lines += ["", f"> {prompt}", *attached, "", turn.reply or "(no reply)", ""]
        lines.append(f"→ {' · '.join(filter(None, (turn.model, signature(turn, calls.get(turn.id, ())))))}")
    tell("\n".join(lines))


@history.command()
@click.argument("chat", default="last", metavar="[CHAT|last]")
@click.option("--md", "form", flag_value="md", default=True, help="Markdown (the default).")
@click.option("--json", "form", flag_value="json", help="Everything, as JSON.")
@well_behaved
def export(paths: Paths, chat: str, form: str) -> None:
    """Write a chat to stdout."""
    from app.history.export import as_document, as_markdown

    found = _read(paths, chat)
    if form == "json":
        tell_json(as_document(*found))
    else:
        tell(as_markdown(*found).rstrip("\n"))


@history.command()
@click.argument("chat")
@well_behaved
def delete(paths: Paths, chat: str) -> None:
    """Take a chat off the list and out of search; what it cost stays in the reports."""
    from app.cli.ledgers import open_ledger
    from routing.clock import SystemClock
    from routing.ledger.chats import delete_chat

    with open_ledger(paths) as store:
        found = _find(store, chat)
        delete_chat(store, found.id, SystemClock().wall())
    say(f"Deleted “{found.title}” ({found.turns} turn{'' if found.turns == 1 else 's'}).")


def _read(paths: Paths, chat: str) -> tuple[ChatRow, list[TurnRow], Calls]:
    from app.cli.ledgers import open_ledger
    from routing.ledger.chats import attempts_of, branch, turns_of

    with open_ledger(paths) as store:
        found = _find(store, chat)
        turns = branch(turns_of(store, found.id))
        return found, turns, {turn.id: attempts_of(store, turn.id) for turn in turns}


def _find(store: Store, chat: str) -> ChatRow:
    """Raises ConfigurationError when there is none, or more than one that begins so."""
    from routing.errors import ConfigurationError
    from routing.ledger.chats import find_chat, last_chat

    found = last_chat(store) if chat == "last" else find_chat(store, chat)
    if found is None:
        raise ConfigurationError(f"There is no one chat {chat!r}: see `pointsman history list`.")
    return found
