"""`pointsman history`: the chats that the ledger keeps."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.ago import ago
from app.cli.manners import agreed, say, tell, tell_json, well_behaved

if TYPE_CHECKING:
    from app.history.export import Calls
    from app.settings import Paths
    from routing.ledger.rows import ChatRow, TurnRow
    from routing.ledger.store import Store

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_LIMIT = 50


@click.group()
def history() -> None:
    """Chats: list, search, show, export, delete; and the ledger that keeps them: import, prune, repair."""


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
@click.option("--json", "form", flag_value="json", help="The chat with its calls, as JSON.")
@click.option("--all", "form", flag_value="all", help="The whole ledger, as lines of JSON that `import` reads.")
@well_behaved
def export(paths: Paths, chat: str, form: str) -> None:
    """Write a chat, or everything, to stdout."""
    from app.history.export import as_document, as_markdown

    if form == "all":
        _export_all(paths)
        return
    found = _read(paths, chat)
    if form == "json":
        tell_json(as_document(*found))
    else:
        tell(as_markdown(*found).rstrip("\n"))


@history.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@well_behaved
def import_(paths: Paths, file: Path) -> None:
    """Add what `export --all` wrote; what is here already stays as it is."""
    from app.cli.ledgers import open_ledger
    from routing.errors import ConfigurationError, Problem
    from routing.ledger.transfer import import_lines

    try:
        with file.open("rb") as lines, open_ledger(paths) as store:
            done = import_lines(store, lines, str(file))
    except OSError as error:
        raise ConfigurationError((Problem(str(file), None, f"cannot be read: {error.strerror}."),)) from error
    known = f"; {_turns(done.known)} there already" if done.known else ""
    say(f"Imported {_turns(done.turns)} in {_count(done.chats, 'new chat')}{known}.")
    if not done.checked:
        say(f"{file} has no checksum, as an older Pointsman wrote it: whether it was changed could not be seen.")


@history.command()
@click.argument("chat")
@click.option("--forever", is_flag=True, help="Erase every word of it from the ledger.")
@well_behaved
def delete(paths: Paths, chat: str, forever: bool) -> None:
    """Take a chat off the list and out of search; what it cost stays in the reports."""
    from app.cli.ledgers import open_ledger
    from routing.clock import SystemClock
    from routing.ledger.backups import backups_of
    from routing.ledger.chats import delete_chat
    from routing.ledger.repair import set_aside
    from routing.ledger.retention import erase_chat

    with open_ledger(paths) as store:
        found = _find(store, chat, deleted=forever)
        if not forever:
            delete_chat(store, found.id, SystemClock().wall())
            say(f"Deleted “{found.title}” ({_turns(found.turns)}). With --forever no word of it is kept.")
            return
        erase_chat(store, found.id)
    say(f"Erased “{found.title}” ({_turns(found.turns)}): no word of it is left in the ledger.")
    copies = [copy.name for copy in (*backups_of(paths.ledger), *set_aside(paths.ledger))]
    if copies:
        say(f"Older copies in {paths.data_dir} may still hold it: {', '.join(copies)}.")


@history.command()
@click.option("--older-than", metavar="90d", callback=ago, required=True, help="Such as 12h, 90d, 52w.")
@click.option("--dry-run", is_flag=True, help="Only tell how many turns that would be.")
@click.option("--yes", is_flag=True, help="Do not ask, even if no turn would stay.")
@well_behaved
def prune(paths: Paths, older_than: float, dry_run: bool, yes: bool) -> int | None:
    """Erase turns that began longer ago; the sums of money by day stay. Asks first where no turn would stay."""
    from app.cli.ledgers import open_ledger
    from routing.clock import SystemClock
    from routing.ledger.retention import leaves_nothing
    from routing.ledger.retention import older_than as turns_older_than
    from routing.ledger.retention import prune as prune_turns

    before_s = SystemClock().wall() - older_than
    with open_ledger(paths) as store:
        old = _turns(turns_older_than(store, before_s))
        if dry_run:
            say(f"It would erase {old}.")
        elif not yes and leaves_nothing(store, before_s) and not agreed(f"That is every turn there is ({old}). Erase?"):
            say("Nothing was erased.")
            return 1
        else:
            say(f"Erased {_turns(prune_turns(store, before_s))}.")
    return None


@history.command()
@well_behaved
def repair(paths: Paths) -> None:
    """Make a damaged ledger anew from all that can be read of it; the damaged file is kept."""
    from app.cli.ledgers import open_ledger
    from routing.ledger.repair import repair as repair_ledger

    done = repair_ledger(paths.ledger)
    if done is None:
        say(f"The ledger {paths.ledger} is whole: there is nothing to repair.")
        return
    with open_ledger(paths):
        pass  # settles what had no end
    gaps = f", {done.partial} of them with parts missing" if done.partial else ""
    lost = f"; {_turns(done.lost)} could not be read" if done.lost else ""
    say(f"Saved {_turns(done.turns)} in {_count(done.chats, 'chat')}{gaps}{lost}.")
    say(f"The damaged file is kept: {done.aside}.")


def _export_all(paths: Paths) -> None:
    from app.cli.ledgers import open_ledger
    from routing.ledger.transfer import export_lines

    with open_ledger(paths) as store:
        for line in export_lines(store):
            click.echo(line)


def _turns(number: int) -> str:
    return _count(number, "turn")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _read(paths: Paths, chat: str) -> tuple[ChatRow, list[TurnRow], Calls]:
    from app.cli.ledgers import open_ledger
    from routing.ledger.chats import attempts_of, branch, turns_of

    with open_ledger(paths) as store:
        found = _find(store, chat)
        turns = branch(turns_of(store, found.id))
        return found, turns, {turn.id: attempts_of(store, turn.id) for turn in turns}


def _find(store: Store, chat: str, *, deleted: bool = False) -> ChatRow:
    """A chat, of those that were `deleted` too when told. Raises ConfigurationError when there is none, or more than
    one that begins so."""
    from routing.errors import ConfigurationError
    from routing.ledger.chats import find_chat, last_chat

    found = last_chat(store) if chat == "last" else find_chat(store, chat, deleted=deleted)
    if found is None:
        raise ConfigurationError(f"There is no one chat {chat!r}: see `pointsman history list`.")
    return found
