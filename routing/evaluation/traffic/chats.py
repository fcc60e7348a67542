"""Chats as other programs export them, and rows of plain JSON: each object to its prompts.

`mapping`         a chat of an OpenAI-style `conversations.json`: a tree of messages, edited prompts as branches
`chat_messages`   a chat of a Claude-style `conversations.json`: one message after another
`messages`        `role` and `content` each. Where the last is the user's, the row is one prompt and the chat before it;
                  else every prompt of the chat counts.
`prompt`, `text`  one prompt. `at_s`, `input_tokens`, `output_tokens`, `model` and `cost_usd` may stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from routing.analysis.tokens import estimate
from routing.evaluation import rows
from routing.evaluation.rows import MistakeError, Row
from routing.evaluation.traffic import fields
from routing.evaluation.traffic.asked import Asked, Said, Speaker, asked_in, in_a_row
from routing.money import parse_usd

_SPEAKERS: dict[str, Speaker] = {"user": "user", "human": "user", "assistant": "assistant", "model": "assistant"}
_WRITTEN = ("text", "multimodal_text")
"""Kinds of content that a person writes: others hold what the program adds."""
_SHOWN = 8


def prompts_of(row: Row) -> list[Asked]:
    """The prompts of one object of any of these forms. Raises MistakeError."""
    for column, take in _FORMS.items():
        if column in row:
            return take(row)
    raise MistakeError(
        f"is no chat and no prompt: it has {', '.join(map(rows.shown, list(row)[:_SHOWN])) or 'nothing'};",
        "it needs `prompt`, `messages` or `text`",
    )


def _tree(row: Row) -> list[Asked]:
    nodes = row["mapping"]
    if not isinstance(nodes, dict):
        raise MistakeError(f"`mapping` is {rows.shown(nodes)};", "it must be an object with the messages")
    places: dict[str, int] = {}
    said: list[Said] = []
    for node_id in _from_the_roots(nodes):
        node = fields.mapping(nodes[node_id])
        places[node_id] = len(said)
        said.append(_node(fields.mapping(node.get("message")), places.get(str(node.get("parent")))))
    return [_at("openai", asked) for asked in asked_in(said)]


def _from_the_roots(nodes: Mapping[str, Any]) -> list[str]:
    """Ids of the nodes, parents first; those of a circle lead nowhere and are left out."""
    following: dict[str | None, list[str]] = {}
    for node_id, node in nodes.items():
        parent = fields.mapping(node).get("parent")
        following.setdefault(parent if isinstance(parent, str) and parent in nodes else None, []).append(node_id)
    order, open_ = list[str](), following.get(None, [])[::-1]
    while open_:
        order.append(open_.pop())
        open_ += following.get(order[-1], [])[::-1]
    return order


def _node(message: Mapping[str, Any], after: int | None) -> Said:
    content, about = fields.mapping(message.get("content")), fields.mapping(message.get("metadata"))
    speaker = _SPEAKERS.get(fields.text(fields.mapping(message.get("author")).get("role")), "other")
    hidden = about.get("is_visually_hidden_from_conversation") is True
    if speaker == "user" and (hidden or content.get("content_type", "text") not in _WRITTEN):
        speaker = "other"
    parts = content.get("parts", [content.get("text")])
    return Said(
        speaker,
        "\n".join(filter(None, map(_part, fields.items(parts)))),
        after,
        fields.unix_s(message.get("create_time")),
        fields.name(about.get("model_slug")),
    )


def _part(part: object) -> str:
    """The text of a part; a picture has none."""
    return fields.text(part) or fields.text(fields.mapping(part).get("text"))


def _list(row: Row) -> list[Asked]:
    messages = row["chat_messages"]
    if not isinstance(messages, list):
        raise MistakeError(f"`chat_messages` is {rows.shown(messages)};", "it must be a list of the messages")
    model = fields.name(row.get("model"))
    said = [
        Said(
            _SPEAKERS.get(fields.text(message.get("sender")), "other"),
            fields.text(message.get("text")) or _joined(message.get("content")),
            None,
            fields.unix_s(message.get("created_at")),
            model,
            sum(
                estimate(fields.text(fields.mapping(one).get("extracted_content")))
                for one in fields.items(message.get("attachments"))
            ),
        )
        for message in map(fields.mapping, messages)
    ]
    return [_at("anthropic", asked) for asked in asked_in(in_a_row(said))]


def _messages(row: Row) -> list[Asked]:
    messages = row["messages"]
    if not isinstance(messages, list) or not messages:
        raise MistakeError(f"`messages` is {rows.shown(messages)};", "it must be a list of the messages")
    said = []
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise MistakeError("one of `messages` has no role;", 'each must be {"role": …, "content": …}')
        speaker = _SPEAKERS.get(message["role"], "other")
        said.append(Said(speaker, _joined(message.get("content")), None, model=fields.name(row.get("model"))))
    found = asked_in(in_a_row(said))
    if not found:
        raise MistakeError("none of `messages` is the user's;", "one must have the role user and a text")
    if said[-1].by != "user":
        return found
    return [_beside(row, found[-1])]


def _joined(content: object) -> str:
    """Content as text, or as a list of parts."""
    return fields.text(content) or "\n".join(filter(None, map(_part, fields.items(content))))


def _prompt(row: Row) -> list[Asked]:
    column = "prompt" if "prompt" in row else "text"
    written = fields.text(rows.text(row, column))
    if not written.strip():
        raise MistakeError(f"`{column}` is empty;", "write the prompt there, or take the line out")
    return [_beside(row, Asked(written))]


def _beside(row: Row, asked: Asked) -> Asked:
    """The prompt with what its row says of it. Raises MistakeError for numbers that are none."""
    cost_usd = rows.amount(row.get("cost_usd"), "`cost_usd`")
    read, written = (rows.amount(row.get(column), f"`{column}`") for column in ("input_tokens", "output_tokens"))
    return replace(
        asked,
        at_s=fields.unix_s(row.get("at_s")),
        input_tokens=asked.input_tokens if read is None else int(read),
        output_tokens=asked.output_tokens if written is None else int(written),
        model=fields.name(row.get("model")),
        cost_nusd=None if cost_usd is None else parse_usd(cost_usd),
        counted=read is not None and written is not None,
    )


def _at(service: str, asked: Asked) -> Asked:
    """The model under the name of the service whose export this is."""
    return asked if asked.model is None or "/" in asked.model else replace(asked, model=f"{service}/{asked.model}")


_FORMS: dict[str, Callable[[Row], list[Asked]]] = {
    "mapping": _tree,
    "chat_messages": _list,
    "messages": _messages,
    "prompt": _prompt,
    "text": _prompt,
}
