"""What of a chat is left out where it has outgrown the window of every model that may be asked: the oldest messages."""

from __future__ import annotations

from routing.analysis.analyse import CONTEXT_MARGIN
from routing.analysis.features import Needs
from routing.analysis.tokens import history_tokens
from routing.decision.prediction import room
from routing.messages import Message
from routing.registry.model import Model


def kept_history(history: tuple[Message, ...], needs: Needs, model: Model) -> tuple[Message, ...]:
    """The latest messages that fit the model's window beside the prompt and room for the answer. They begin with a
    prompt, never with an answer to one that is gone."""
    prompt = needs.context_tokens - needs.answer_tokens - needs.history_tokens
    left = model.context_window - room(model, needs.answer_tokens) - prompt
    kept = len(history)
    for place in range(len(history) - 1, -1, -1):
        left -= round(CONTEXT_MARGIN * history_tokens(history[place : place + 1]))
        if left < 0:
            break
        if history[place].role == "user":
            kept = place
    return history[kept:]
