"""The panels and pages as widgets: what a running app shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll

from app.panels.confidence import ConfidencePanel
from app.panels.ladder import LadderPanel
from app.panels.latency import LatencyPanel
from app.panels.panel import Panel
from app.panels.spend import Spending, SpendPanel
from app.screens.inspect import InspectScreen
from app.screens.page import Page
from app.screens.why import WhyScreen
from app.themes import DEFAULT, SHIPPED, load_themes
from tests.app.traces import SCRIPTS, a_trace


class Yard(App[None]):
    CSS_PATH = SHIPPED / "pointsman.tcss"

    def __init__(self) -> None:
        self.themes = load_themes()
        super().__init__()
        self.register_theme(self.themes.get(DEFAULT))
        self.theme = DEFAULT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return self.themes.get(DEFAULT).variables

    def compose(self) -> ComposeResult:
        yield from (LadderPanel(), ConfidencePanel(), LatencyPanel(), SpendPanel())


def shown(app: App[None]) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


async def test_panels_keep_their_size_whatever_they_show() -> None:
    app = Yard()
    async with app.run_test(size=(42, 40)) as pilot:
        before = [panel.region for panel in app.query(Panel)]
        for name in SCRIPTS:
            for panel in app.query(Panel):
                panel.trace = a_trace(name)
            await pilot.pause()
            assert [panel.region for panel in app.query(Panel)] == before


async def test_a_panel_follows_its_trace_and_the_money() -> None:
    app = Yard()
    async with app.run_test(size=(42, 40)) as pilot:
        assert "No message yet." in shown(app)
        for panel in app.query(Panel):
            panel.trace = a_trace("live")
        app.query_one(SpendPanel).spending = Spending(1_000_000, 5_000_000, None, 0, simulated=True)
        await pilot.pause()
        assert "▸ so far" in shown(app)
        assert "$0.0050 sim  no cap" in shown(app)
        assert app.query_one(LadderPanel).border_subtitle == "▸ live"
        for panel in app.query(Panel):
            panel.trace = a_trace("escalated")
        await pilot.pause()
        assert "✓ enough" in shown(app)
        assert app.query_one(LadderPanel).border_subtitle == ""


async def test_text_alone_draws_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Yard()
    async with app.run_test(size=(42, 40)) as pilot:
        script = SCRIPTS["live"]()
        for panel in app.query(Panel):
            panel.trace = script.trace
        await pilot.pause()
        drawn: list[object] = []
        monkeypatch.setattr(Panel, "render", lambda panel: drawn.append(panel) or "")
        script.say("some more", 3.4)
        for panel in app.query(Panel):
            panel.trace = script.trace
        await pilot.pause()
        assert drawn == []
        for panel in app.query(Panel):
            panel.trace = replace(script.trace, at_s=3.6)
        await pilot.pause()
        assert {type(panel) for panel in drawn} == {LadderPanel, LatencyPanel}


@pytest.mark.parametrize("page", [WhyScreen, InspectScreen])
@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_a_page_scrolls_by_keys_and_escape_leaves_it(page: type[Page], size: tuple[int, int]) -> None:
    app = Yard()
    async with app.run_test(size=size) as pilot:
        await app.push_screen(page(a_trace("escalated")))
        await pilot.pause()
        body = app.screen.query_one(VerticalScroll)
        assert page.NAME in shown(app)
        await pilot.press("end")
        await pilot.pause()
        assert body.scroll_y == body.max_scroll_y
        await pilot.press("home")
        await pilot.pause()
        assert body.scroll_y == 0
        if body.max_scroll_y:
            await pilot.press("j")
            await pilot.pause()
            assert body.scroll_y == 1
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, Page)


async def test_a_page_follows_a_live_turn() -> None:
    app = Yard()
    async with app.run_test(size=(80, 24)) as pilot:
        page = InspectScreen(a_trace("live"))
        await app.push_screen(page)
        await pilot.pause()
        assert "▸ running" in shown(app)
        page.trace = a_trace("escalated")
        await pilot.pause()
        assert "✓ answered" in shown(app)
