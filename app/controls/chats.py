"""Opening, naming, deleting, searching and exporting chats."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work

from app.chat.composer import Composer
from app.chat.conversation import Past
from app.controls.base import Base

if TYPE_CHECKING:
    from textual.timer import Timer

    from routing.ledger.pages import DraftSize, TurnSize
    from routing.ledger.rows import ChatRow

_KEPT_S = 1.0
"""After the last key: what is written is safe then, whatever happens."""


class ChatControls(Base):
    """Everything here needs the ledger, so it waits for the runtime."""

    _deleted: str | None = None
    _kept = ("", "")
    _keeping: Timer | None = None

    async def chats_ready(self) -> None:
        """The runtime is open: past turns can be read, earlier prompts brought back."""
        assert self.runtime is not None
        from routing.ledger import pages

        store, journal = self.runtime.store, self.runtime.journal
        self.conversation.past = Past(
            texts=lambda turn: pages.texts_of(store, turn),
            events=lambda turn: journal.events(turn, deltas=False),
            said=lambda attempt, channel: pages.said(store, attempt, channel),
        )
        self._recall()
        if self.launch.resume is not None:
            await self._resume(None if self.launch.resume == "last" else self.launch.resume)
        else:
            await self._take_up()
        self._keep_soon()

    async def _resume(self, key: str | None) -> None:
        """Go on with a chat; what was typed meanwhile belongs to it, after what waits there."""
        chat = await self._find(key)
        if chat is not None:
            self._show(chat, *await self._read(chat))
            self._begin_with(chat, "\n\n".join(filter(None, (chat.draft, self.composer.unsent))))

    async def _take_up(self) -> None:
        """What was written in a new chat last time and never sent waits in this one."""
        from routing.ledger.chats import unsent_chat

        assert self.runtime is not None
        chat = await asyncio.to_thread(unsent_chat, self.runtime.store, self.runtime.session.id)
        if chat is not None and not (self.composer.unsent or self.waiting):
            self.claimed = chat.id
            self._begin_with(chat, chat.draft)

    def _begin_with(self, chat: ChatRow, text: str) -> None:
        self._kept = (chat.id, chat.draft)
        if text != self.composer.text:
            self.composer.begin_with(text)

    @work(group="recall", exit_on_error=False)
    async def _recall(self) -> None:
        from routing.ledger.pages import earlier_prompts

        assert self.runtime is not None
        self.composer.remember(await asyncio.to_thread(earlier_prompts, self.runtime.store))

    @work(exclusive=True, group="open", exit_on_error=False)
    async def open_chat(self, key: str, turn: str | None = None) -> None:
        await self._change_to(key, turn)

    async def _change_to(self, key: str, turn: str | None = None) -> None:
        """Show another chat with what is unsent in it, and keep that of this one."""
        chat = await self._find(key)
        if chat is None:
            return
        read = await self._read(chat)
        other = chat.id not in (self.chat_id, self.claimed)
        if other:
            self._keep_unsent()
        self._show(chat, *read, turn)
        if other:
            self._begin_with(chat, chat.draft)

    async def _find(self, key: str | None) -> ChatRow | None:
        """A chat by its id or the beginning of it, None for the last; says so where there is none."""
        from routing.ledger import chats

        if self.runtime is None:
            return None
        store = self.runtime.store
        chat = (
            await asyncio.to_thread(chats.find_chat, store, key)
            if key
            else await asyncio.to_thread(chats.last_chat, store)
        )
        if chat is None:
            self.say(f"There is no chat {key!r}: /chats lists them." if key else "There is no chat yet.")
        return chat

    async def _read(self, chat: ChatRow) -> tuple[list[TurnSize], list[DraftSize]]:
        from routing.ledger import pages

        assert self.runtime is not None
        store = self.runtime.store
        turns = await asyncio.to_thread(pages.turn_sizes, store, chat.id)
        return turns, await asyncio.to_thread(pages.draft_sizes, store, chat.id)

    def _show(self, chat: ChatRow, turns: list[TurnSize], drafts: list[DraftSize], turn: str | None = None) -> None:
        """The chat along the branch of `turn`, or else its last one."""
        from routing.ledger import chats

        self.chat_id, self.chat_title = chat.id, chat.title
        self.conversation.open(chats.branch(turns, turn), drafts)
        if turn is not None:
            self.transcript.scroll_to_message(f"you/{turn}")
        self.show_state()

    @work(group="upkeep", exit_on_error=False)
    async def follow_upkeep(self) -> None:
        """Say what was found wrong with the ledger, once it was looked at."""
        if self.runtime is not None and self.runtime.upkeep is not None:
            found = await self.runtime.upkeep.found()
            if found is not None:
                self.say(found, bad=True)

    def branch_before(self, turn: str) -> None:
        """Show the chat as it was before a turn, so that the next prompt begins a branch there."""
        turns = self.conversation.turns
        kept = turns[: turns.index(turn)]
        self.conversation.cut(kept)
        self.show_state()

    @on(Composer.Changed)
    def _keep_soon(self) -> None:
        """Once nothing was typed for a moment."""
        if not self.screen_stack:
            return  # it was written while the client was being left
        if self._keeping is not None:
            self._keeping.stop()
        self._keeping = self.set_timer(_KEPT_S, self.keep_written)

    def keep_written(self) -> None:
        from routing.ledger.chats import keep_draft

        text = "\n\n".join([*self.waiting, *([self.unsent] if self.unsent else [])])
        if self.runtime is None or not (self.chat_id or self.claimed or text.strip()):
            return
        now = (self.claim_chat(), text)
        if now != self._kept:
            self._kept = now
            keep_draft(self.runtime.store, *now, self.runtime.now())

    def _keep_unsent(self) -> None:
        """What stands in the composer, after prompts that were not sent yet, waits in its chat."""
        self.keep_written()
        self.take_back()

    def action_new_chat(self) -> None:
        if self.runtime is None:
            return  # this chat is new, and what is written in it could not be kept yet
        self._keep_unsent()
        self.composer.begin_with("")
        self.chat_id, self.claimed, self.chat_title = None, None, ""
        self.conversation.open([], [])
        self.composer.focus()
        self.show_state()

    @work(group="chats", exit_on_error=False)
    async def action_chats(self) -> None:
        from app.screens.chats import ChatsScreen
        from routing.ledger.chats import list_chats

        if self.runtime is None:
            return
        rows: list[ChatRow] = await asyncio.to_thread(list_chats, self.runtime.store)
        chosen = await self.push_screen_wait(ChatsScreen(rows, self.chat_id))
        if chosen is None:
            return
        kind, chat = chosen
        if kind == "open":
            self.open_chat(chat)
        elif kind == "delete":
            await self._delete(chat)
        elif kind == "rename":
            row = next(row for row in rows if row.id == chat)
            await self._change_to(chat)
            self.composer.put_first(f"/rename {row.title}")

    def rename_chat(self, title: str) -> None:
        from routing.ledger.chats import rename_chat
        from routing.messages import clean_text

        if self.chat_id is None or self.runtime is None or not title.strip():
            self.say("There is nothing to rename: /rename TITLE names the chat that is open.")
            return
        chat, self.chat_title = self.chat_id, " ".join(clean_text(title).split())[:120]
        named = self.chat_title
        renaming = asyncio.to_thread(rename_chat, self.runtime.store, chat, named)
        self.run_worker(renaming, group="rename", exit_on_error=False)
        self.show_state()

    @work(group="chats", exit_on_error=False)
    async def action_delete_chat(self) -> None:
        if self.chat_id is not None:
            await self._delete(self.chat_id)

    async def _delete(self, chat: str) -> None:
        from routing.ledger.chats import delete_chat

        assert self.runtime is not None
        await asyncio.to_thread(delete_chat, self.runtime.store, chat, self.runtime.now())
        self.runtime.remembering.remember_chat(chat)
        self._deleted = chat
        if chat in (self.chat_id, self.claimed):
            self.action_new_chat()
        self.say("Deleted. /undo brings it back; what it cost stays in every sum.")

    @work(group="chats", exit_on_error=False)
    async def action_undo_delete(self) -> None:
        from routing.ledger.chats import undelete_chat

        if self._deleted is None or self.runtime is None:
            self.say("Nothing was deleted in this session.")
            return
        chat, self._deleted = self._deleted, None
        await asyncio.to_thread(undelete_chat, self.runtime.store, chat)
        self.runtime.remembering.remember_chat(chat)
        self.open_chat(chat)

    @work(group="chats", exit_on_error=False)
    async def search_chats(self, words: str) -> None:
        """Find words in every chat and open what is chosen."""
        from app.screens.chats import FoundScreen
        from routing.ledger.chats import search

        if self.runtime is None:
            return
        found = await asyncio.to_thread(search, self.runtime.store, words)
        if not found:
            self.say(f"Nothing is found for {words!r}." if words.strip() else "What to search for: /search WORDS")
            return
        chosen = await self.push_screen_wait(FoundScreen(found))
        if chosen is not None:
            self.open_chat(chosen.chat, chosen.turn)

    @work(group="chats", exit_on_error=False)
    async def export_chat(self, name: str) -> None:
        """Write the whole chat to a file: Markdown, or JSON when its name ends so."""
        from app.history.export import export_chat
        from routing.ledger.chats import find_chat

        if self.chat_id is None or self.runtime is None:
            self.say("This chat is empty: there is nothing to export.")
            return
        path = _file(name or f"{self.chat_id}.md")
        store = self.runtime.store
        chat = await asyncio.to_thread(find_chat, store, self.chat_id)
        if chat is None:
            return
        try:
            text = await asyncio.to_thread(export_chat, store, chat, "json" if path.suffix == ".json" else "md")
            await asyncio.to_thread(_write_new, path, text)
        except FileExistsError:
            self.say(f"{path} is there already: /export FILE takes another name.", bad=True)
        except OSError as error:
            self.say(f"{path} could not be written: {error.strerror or error}.", bad=True)
        else:
            self.say(f"Written to {path}.")


def _file(name: str) -> Path:
    return Path(name).expanduser()


def _write_new(path: Path, text: str) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
