"""The whole ledger as lines, and back: equal to the byte, once, and never by half."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import ConfigurationError
from routing.ledger.chats import delete_chat, keep_draft, list_chats, rename_chat, search
from routing.ledger.journal import Journal
from routing.ledger.retention import prune
from routing.ledger.sessions import Session
from routing.ledger.store import Store
from routing.ledger.transfer import Imported, export_lines, import_lines
from routing.messages import ask
from tests.fakes import LARGE, SMALL, FakeClock, a_line, fails, says

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)
TURNS = st.lists(
    st.tuples(st.sampled_from("abc"), TEXTS, st.lists(TEXTS, min_size=1, max_size=3), st.booleans()), max_size=6
)
TABLES = (
    *("session", "chat", "blob", "event", "piece", "turn", "attempt"),
    *("tally", "raised", "pattern", "usual", "summary"),
)


@contextmanager
def ledger() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "ledger.db")
        try:
            yield store
        finally:
            store.close()


async def fill(store: Store, turns: list[tuple[str, str, list[str], bool]], session: str = "s1") -> None:
    """A session of turns; some fail at first, and go to another model."""
    clock = FakeClock()
    run = Session(store, session, "test", "balanced", clock.wall())
    for n, (chat, prompt, reply, ends_early) in enumerate(turns):
        small = fails("server_error") if ends_early else says(*reply)
        line = a_line(Journal(store, f"{session}.{n}"), {SMALL: [small], LARGE: [says(*reply)]}, clock=clock)
        async for _ in line.router.send(ask(f"Q: {prompt}", chat_id=chat)):
            pass
    line = a_line(Journal(store, session), {SMALL: [says("End.")]}, clock=clock)
    await line.ask(ask("End", chat_id="end"))
    line.journal.index()
    run.end(clock.wall())


def lines(store: Store) -> list[bytes]:
    return [line.encode() + b"\n" for line in export_lines(store)]


def content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    return {
        table: sorted(
            (tuple(row) for row in store.read(lambda db, table=table: db.execute(f"SELECT * FROM {table}").fetchall())),
            key=repr,
        )
        for table in TABLES
    }


@settings(max_examples=12, deadline=None)
@given(TURNS, st.booleans(), TEXTS)
def test_there_and_back_is_equal_to_the_byte(
    turns: list[tuple[str, str, list[str], bool]], changed: bool, title: str
) -> None:
    with ledger() as first, ledger() as second:
        asyncio.run(fill(first, turns))
        if changed:
            rename_chat(first, "end", title)
            keep_draft(first, "unsent", title, 5.0)
            delete_chat(first, "a", 7.0)
            first.write_now(
                lambda db: db.execute("INSERT INTO raised VALUES ('2026-11-20', 0, 5, ?, 1.5, 's1')", (title,))
            )
        told = lines(first)
        done = import_lines(second, told, "f")
        assert (done.turns, done.known, done.checked) == (len(turns) + 1, 0, True)
        assert lines(second) == told
        assert content(second) == content(first)
        assert [chat.id for chat in list_chats(second)] == [chat.id for chat in list_chats(first)]
        again = import_lines(second, told, "f")
        assert again == Imported(0, 0, len(turns) + 1, checked=True)
        assert content(second) == content(first)


async def test_what_is_there_already_stays_as_it_is() -> None:
    with ledger() as first, ledger() as second:
        await fill(first, [("a", "theirs", ["Hello."], False)])
        await fill(second, [("a", "ours", ["Hello."], False)], session="t1")
        rename_chat(second, "a", "Named here")
        delete_chat(second, "end", 3.0)
        mine = content(second)
        done = import_lines(second, lines(first), "f")
        assert (done.turns, done.chats, done.known) == (2, 0, 0)
        theirs = content(first)
        merged = content(second)
        for table in ("event", "piece", "session"):
            assert merged[table] == sorted({*mine[table], *theirs[table]}, key=repr)
        assert merged["chat"] == mine["chat"]
        assert len(search(second, "theirs")) == 1
        spent = "SELECT SUM(spent_nusd) FROM tally WHERE scope = 'all' AND period GLOB '????-??-??'"
        sums = [one.read(lambda db: db.execute(spent).fetchone()[0]) for one in (first, second)]
        assert sums[1] == 2 * sums[0], "each turn counts once"


async def test_sums_of_turns_that_are_no_longer_kept_go_along() -> None:
    with ledger() as first, ledger() as second:
        await fill(first, [("a", "old", ["Hello."], False)])
        sums = "SELECT * FROM tally WHERE period GLOB '????-??-??' ORDER BY 1, 2, 3"
        before = first.read(lambda db: [tuple(row) for row in db.execute(sums)])
        assert prune(first, 1e12) == 2
        import_lines(second, lines(first), "f")
        assert second.read(lambda db: [tuple(row) for row in db.execute(sums)]) == before != []
        assert lines(second) == lines(first)


def damaged(told: list[bytes]) -> Iterator[tuple[str, list[bytes], int, str]]:
    """A name, the lines, the line that is named, and words of what is said."""
    event = next(n for n, line in enumerate(told) if b'"table":"event"' in line)
    piece = next(n for n, line in enumerate(told) if b'"table":"piece"' in line)
    yield "nothing", [], 0, "the file is empty"
    yield "no export", [b"# A chat\n"], 1, "no export of a ledger"
    yield "other JSON", [b'{"chats": []}\n'], 1, "no export of a ledger"
    yield "newer", [b'{"format":"pointsman-ledger","version":99}\n'], 1, "newer Pointsman"
    yield "cut after a line", told[:event], event, "ends here, before its end"
    yield "cut in a line", [*told[:event], told[event][:40]], event + 1, "or it was cut"
    yield "a line lost", told[:5] + told[6:], len(told) - 1, "rows are counted"
    yield "more after the end", [*told, told[3]], len(told) + 1, "nothing may follow"
    yield "no UTF-8", [*told[:4], b"\xff\xfe\n", *told[4:]], 5, "no line of JSON"
    yield "a list", [*told[:4], b"[]\n", *told[4:]], 5, "no row of a ledger"
    yield "deep", [*told[:4], b"[" * 100_000 + b"\n", *told[4:]], 5, "no line of JSON"
    yield "another table", [*told[:4], row("sqlite_master", name="x"), *told[4:]], 5, "no row of a ledger"
    yield "another column", [*told[:4], row("blob", hash="x", **{"1; DROP": 1}), *told[4:]], 5, "no column of 'blob'"
    yield (
        "wrong types",
        [*told[:4], row("chat", id="x", title="t", created_s="soon", updated_s=1), *told[4:]],
        5,
        "chat",
    )
    yield "huge number", [*told[:4], row("raised", day="d", simulated=0, amount_nusd=2**70), *told[4:]], 5, "raised"
    yield "half a character", [*told[:4], row("blob", hash="\ud800", kind="", body=""), *told[4:]], 5, "blob"
    yield "a list in a row", [*told[:4], row("blob", hash=[1], kind="", body=""), *told[4:]], 5, "blob"
    for name, amount in (("below nothing", -5), ("no number", "much"), ("huge sum", 2**70), ("a list", [])):
        sum_ = row("tally", period="d", scope="all", simulated=0, spent_nusd=amount)
        yield f"{name} in a sum", [told[0], sum_, b'{"rows":1}\n'], 2, "no row of 'tally'"
    half = row("tally", period="\ud800", scope="all", simulated=0, spent_nusd=1)
    yield "half a character in a sum", [told[0], half, b'{"rows":1}\n'], 2, "no row of 'tally'"
    huge = [line.replace(b'\\"n\\":1,', b'\\"n\\":%d,' % 2**70) for line in told]
    assert huge != told
    yield "a huge number in an event", huge, len(told), "one of them was changed"
    yield "a huge number in an older file", older(huge), len(told), "is not whole"
    swapped = [told[0], told[2], told[1], *told[3:]]
    yield "lines that changed places", swapped, len(told), "one of them was changed"
    checksum = json.loads(told[-1])["sha256"]
    for name, other in (("another", "0" * 64), ("half a", checksum[:32]), ("no", None)):
        end = json.dumps({"rows": len(told) - 2, "sha256": other}).encode()
        yield f"{name} checksum", [*told[:-1], end], len(told), "one of them was changed"
    yield (
        "garbage for an event",
        [*told[:event], row("event", turn="t", seq=1, type="x", body="{}")],
        event + 1,
        "event",
    )
    yield "text of no attempt", [*told[:2], told[piece]], 3, "'piece'"
    whole = json.loads(told[event])["row"]
    yield "another number", [*told[:event], row("event", **{**whole, "seq": 99})], event + 1, "'event'"
    yield "no beginning", [told[0], *told[event + 1 : event + 2], b'{"rows":1}\n'], 3, "is not whole"


def older(told: list[bytes]) -> list[bytes]:
    """The same as a Pointsman wrote it that knew no checksum."""
    return [*told[:-1], json.dumps({"rows": len(told) - 2}).encode() + b"\n"]


def row(table: str, **values: object) -> bytes:
    return json.dumps({"table": table, "row": values}).encode() + b"\n"


async def test_of_a_file_that_cannot_be_nothing_is_imported_and_its_line_is_named() -> None:
    with ledger() as first, ledger() as second:
        await fill(first, [("a", "x", ["Hello."], True)])
        told = lines(first)
        before = content(second)
        for name, broken, line, words in damaged(told):
            with pytest.raises(ConfigurationError) as error:
                import_lines(second, broken, "backup.jsonl")
            said = str(error.value)
            assert said.startswith(f"backup.jsonl:{line}: " if line else "backup.jsonl: "), (name, said)
            assert words in said, (name, said)
            assert said.endswith("; nothing was imported."), name
            assert "\n" not in said, name
            assert content(second) == before, name
        assert import_lines(second, told, "backup.jsonl").turns == 2


async def test_an_amount_that_was_changed_is_not_imported() -> None:
    with ledger() as first, ledger() as second:
        await fill(first, [("a", "x", ["Hello."], False)])
        told = lines(first)
        place = next(n for n, line in enumerate(told) if b"spend_nusd" in line and b'"type":"Settled"' in line)
        amount = json.loads(json.loads(told[place])["row"]["body"])["spend_nusd"]
        assert amount > 0
        told[place] = told[place].replace(b'spend_nusd\\":%d' % amount, b'spend_nusd\\":%d' % (amount + 1))
        before = content(second)
        with pytest.raises(ConfigurationError, match=f"^backup.jsonl:{len(told)}: the checksum is not that of"):
            import_lines(second, told, "backup.jsonl")
        assert content(second) == before


async def test_a_file_of_an_older_pointsman_and_other_ends_of_lines_are_taken() -> None:
    with ledger() as first, ledger() as second, ledger() as third:
        await fill(first, [("a", "x", ["Hello."], False)])
        told = lines(first)
        assert import_lines(second, older(told), "f").checked is False
        assert import_lines(third, [line.rstrip(b"\n") + b"\r\n" for line in told], "f").checked is True
        assert lines(second) == lines(third) == told
