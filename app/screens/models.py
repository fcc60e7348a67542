"""Every model that can be asked, with what it costs and can do; Enter pins one for the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from app.panels import model_facts
from app.panels.draw import line
from app.screens.picker import Choice, Picker

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual.app import ComposeResult
    from textual.events import Resize

    from routing.decision.model import Health
    from routing.registry.model import Model

_BESIDE = 110  # columns from which the details stand beside the list
_SHARE = 0.62
_EDGES = 4


class ModelsScreen(Picker[str]):
    """Ends with a model's id, or nothing for the router's own choice."""

    def __init__(
        self,
        models: Sequence[Model],
        health: Health,
        assumed_nusd_per_mtok: int,
        pinned: str | None,
        failed: Collection[str] = (),
    ) -> None:
        lit = 0 if pinned else min(1, len(models))  # when one is pinned, Enter lets it go
        super().__init__(f"Models: {len(models)}", [], lit=lit)
        self._models = {model.id: model for model in models}
        self._health = health
        self._assumed = assumed_nusd_per_mtok
        self._failed = failed
        self._width = 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="picker models"):
            yield Static(line((self._title, "strong accent")), classes="picker-title", markup=False)
            yield Input(placeholder="type to narrow", classes="picker-input")
            with Container(classes="models-body"):
                yield OptionList(classes="picker-list", markup=False)
                yield Static(classes="model-details", markup=False)
            yield Static(
                line(("Enter pins it for this chat  Esc leaves", "muted")), classes="picker-keys", markup=False
            )

    def on_resize(self, event: Resize) -> None:
        """The rows are drawn once the size is known, and for each new one."""
        if self.left:
            return
        width = event.size.width
        self.query_one(".models-body").set_class(width >= _BESIDE, "-beside")
        lit = self.query_one(OptionList).highlighted if self._width else self._lit
        self._width = width
        self._choices = self._drawn(int(width * _SHARE) if width >= _BESIDE else width - _EDGES - 4)
        self.narrow(self.query_one(Input).value)
        self.query_one(OptionList).highlighted = lit
        self.call_after_refresh(self._show_details)

    def on_option_list_option_highlighted(self) -> None:
        self._show_details()

    def _drawn(self, width: int) -> list[Choice[str]]:
        free = Choice("", (line(("  let the router choose", "good")),), "router auto")
        return [free, *(Choice(model.id, (self._row(model, width),), _words(model)) for model in self._models.values())]

    def _row(self, model: Model, width: int) -> Content:
        return model_facts.row(model, self._health, self._assumed, width, self._failed)

    def _show_details(self) -> None:
        if self.left:
            return
        details = self.query_one(".model-details", Static)
        model = self._models.get(self.chosen or "")
        if model is None:
            details.update(line(("The router chooses for each prompt.", "muted")))
        else:
            width = details.content_size.width
            rows = model_facts.details(model, self._health, self._assumed, width, self._failed)
            details.update(Content("\n").join(rows))


def _words(model: Model) -> str:
    local = "free local" if model.local else ""
    return f"{model.id} {model.tier} {' '.join(sorted(model.capabilities))} {local} {model.region or ''}"
