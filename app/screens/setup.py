"""What is there to ask, and does it answer? Providers with their state, services that lack a key, tiers to accept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from app.panels import draw
from app.panels.draw import line
from app.setup.calling import told as called_in_words
from routing.providers.known import LOCAL_SERVERS

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from app.setup.entries import Entry
    from routing.registry.ladders import Proposal

_KEYS = "Enter calls  a all  k key  w/u tiers  r again  Esc back"
_NAME = 12
_DETAIL_ROWS = 3


@dataclass(frozen=True, slots=True)
class SetupView:
    """All that the screen shows. `proposal` None: nothing to propose tiers from; `accepted`: `config.yaml` has them
    so; `tiered`: it has tiers, perhaps others."""

    entries: tuple[Entry, ...]
    proposal: Proposal | None = None
    accepted: bool = False
    tiered: bool = False
    simulated: bool = False


class SetupScreen(Screen[None]):
    """Posts what is wanted; the owner does it and hands in a newer view."""

    AUTO_FOCUS = ".setup-list"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f8", "app.pop_screen", "back"),
        Binding("a", "app.call_all", "call all"),
        Binding("k", "key", "key"),
        Binding("w", "app.write_tiers", "write tiers"),
        Binding("u", "app.remove_tiers", "take tiers off"),
        Binding("r", "app.look_again", "look again"),
    ]

    class Chosen(Message):
        """An entry is to be called, or given a key (`key`)."""

        def __init__(self, entry: Entry, *, key: bool) -> None:
            self.entry = entry
            self.key = key
            super().__init__()

    def __init__(self, view: SetupView, lit: str | None = None) -> None:
        super().__init__()
        self._view = view
        self._lit = lit

    def compose(self) -> ComposeResult:
        yield Static(line(("Setup", "strong")), classes="page-title", markup=False)
        yield OptionList(classes="setup-list", markup=False)
        yield Static(classes="setup-detail", markup=False)
        yield Static(classes="setup-tiers", markup=False)
        yield Static(line((_KEYS, "muted")), classes="page-keys", markup=False)

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self, event: Resize) -> None:
        del event
        self.call_after_refresh(self._draw)

    def show(self, view: SetupView) -> None:
        """Take a newer state; it may come before the screen is there."""
        self._view = view
        if self.is_mounted:
            self._draw()

    @property
    def left(self) -> bool:
        """Whether it is no longer there: what still comes in finds no widgets."""
        return self not in self.app.screen_stack

    def _draw(self) -> None:
        """The row that is lit stays lit."""
        if self.left:
            return
        view, rows = self._view, self.query_one(OptionList)
        names = [option.id for option in rows.options]
        drawn = option_rows(view, rows.scrollable_content_region.width)
        if names == [name for name, _ in drawn]:
            for at, (_, row) in enumerate(drawn):
                rows.replace_option_prompt_at_index(at, row)
        else:
            lit = self.lit.name if self.lit else self._lit
            rows.clear_options()
            rows.add_options(Option(row, id=name, disabled=name is None) for name, row in drawn)
            fresh = [name for name, _ in drawn]
            first = next((at for at, name in enumerate(fresh) if name is not None), None)
            rows.highlighted = fresh.index(lit) if lit is not None and lit in fresh else first
        self._show_detail()
        tiers = self.query_one(".setup-tiers", Static)
        tiers.update(Content("\n").join(tier_rows(view, tiers.content_size.width)))

    @property
    def lit(self) -> Entry | None:
        """The entry of the row that is lit."""
        option = self.query_one(OptionList).highlighted_option
        return next((entry for entry in self._view.entries if option is not None and entry.name == option.id), None)

    def on_option_list_option_highlighted(self) -> None:
        self._show_detail()

    def on_option_list_option_selected(self) -> None:
        if self.lit is not None:
            self.post_message(self.Chosen(self.lit, key=self.lit.wants_key))

    def action_key(self) -> None:
        if self.lit is not None:
            self.post_message(self.Chosen(self.lit, key=True))

    def _show_detail(self) -> None:
        if self.left:
            return
        detail = self.query_one(".setup-detail", Static)
        if self.lit is not None:
            rows = draw.wrap(line(told(self.lit)), detail.content_size.width)
            detail.update(Content("\n").join(rows[:_DETAIL_ROWS]))


# What is drawn


def option_rows(view: SetupView, width: int) -> list[tuple[str | None, Content]]:
    """The list: two lines for each provider that was found, one for each that lacks its key. Headings have no name."""
    found = [entry for entry in view.entries if entry.checked is not None]
    missing = [entry for entry in view.entries if entry.checked is None]
    rows: list[tuple[str | None, Content]] = []
    if found:
        title = "Nothing was found, so simulated models answer" if view.simulated else "Found"
        rows.append((None, line((title, "strong warn" if view.simulated else "strong accent"))))
        rows += [(entry.name, _found(entry, width)) for entry in found]
    if missing:
        rows.append((None, line(("Without a key: Enter takes yours", "strong accent"))))
        rows += [(entry.name, _missing(entry, width)) for entry in missing]
        rows.append((None, _servers(width)))
    return rows


def _found(entry: Entry, width: int) -> Content:
    assert entry.checked is not None
    glyph, style, state = _state(entry)
    head = line((f"{glyph} ", style), (f"{entry.name:<{_NAME}} ", "strong"), (state, style))
    if entry.problem is not None:
        head += line((f" · {entry.config.base_url}", "muted"))
    count = len(entry.checked.models)
    models = "" if entry.checked.waiting else f"{count} model{'' if count == 1 else 's'} · "
    aside = f"{models}{entry.checked.how} · {entry.config.base_url}"
    return Content("\n").join(
        [draw.crop(head, width), draw.crop(line((f"  {entry.problem or aside}", "muted")), width)]
    )


def _missing(entry: Entry, width: int) -> Content:
    row = line(("+ ", "muted"), f"{entry.name:<{_NAME}} ", f"{entry.config.key:<20} ", (entry.key_page, "muted"))
    return draw.crop(row, width)


def _servers(width: int) -> Content:
    places = "   ".join(f"{server.title} :{server.port}" for server in LOCAL_SERVERS)
    head = line(("Or start a local server, then press r", "strong accent"))
    return Content("\n").join([head, draw.crop(line((f"  {places}", "muted")), width)])


def _state(entry: Entry) -> tuple[str, str, str]:
    """Glyph, style and words."""
    assert entry.checked is not None
    if entry.calling:
        return "▸", "info", "is being called…"
    if entry.checked.waiting:
        return "…", "info", "its list of models has not come yet"
    if entry.checked.problem is not None:
        return "✗", "bad", "cannot be used: Enter takes a key" if entry.wants_key else "cannot be used"
    if entry.called is None:
        return "○", "muted", "its models are known; Enter calls it"
    if entry.called.ok:
        return "✓", "good", called_in_words(entry.called)
    return "✗", "bad", f"{entry.called.model.partition('/')[2]} did not answer"


def told(entry: Entry) -> str:
    """Everything about one entry in a sentence or two."""
    config, checked = entry.config, entry.checked
    if entry.problem is not None:
        return f"{entry.problem} Enter takes a key here." if entry.wants_key else entry.problem
    if checked is None:
        return (
            f"{entry.name} needs a key under the name {config.key}; get one at {entry.key_page}. Enter takes it here."
        )
    key = f", with {checked.key_where}" if checked.key_where else ", without a key"
    if entry.called is not None:
        return f"{called_in_words(entry.called)}, at {config.base_url}{key}."
    return f"{entry.name} at {config.base_url}{key}. Enter asks its cheapest model for one word."


def tier_rows(view: SetupView, width: int) -> list[Content]:
    """The proposal, in as many rows whatever it says."""
    if view.proposal is None:
        own = "  config.yaml has some; u takes them off" if view.tiered else ""
        there = line(("They are proposed once a model of yours answers.", "muted"))
        return [line(("Tiers", "strong accent"), (own, "muted")), there]
    if view.accepted:
        aside = ("  ✓ in force, from config.yaml; u takes them off", "good")
    elif view.tiered:
        aside = ("  proposed; w writes them over those of config.yaml, u takes those off", "muted")
    else:
        aside = ("  proposed; w writes them to config.yaml, until then nothing changes", "muted")
    rows = [line(("Tiers", "strong accent"), aside)]
    rows += [_tier(tier, models, width) for tier, models in view.proposal.tiers]
    rows.append(line((view.proposal.why, "muted")))
    return [draw.crop(row, width) for row in rows]


def _tier(tier: str, models: tuple[str, ...], width: int) -> Content:
    """As many models as there is room for, the best first; the rest is counted."""
    head = f"  {tier:<7} "
    for shown in range(len(models), 0, -1):
        more = f" and {len(models) - shown} more" if shown < len(models) else ""
        row = line(head, ", ".join(models[:shown]), (more, "muted"))
        if row.cell_length <= width:
            return row
    return line(head, models[0]) if models else line(head, ("none", "muted"))
