from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App
from textual.color import Color

from app.themes import DEFAULT, MEANINGS, SHIPPED, load_themes

GOOD = """\
background: "#101010"
text: "#f0f0f0"
muted: "#a0a0a0"
accent: "#40c0c0"
good: "#40c040"
warn: "#c0c040"
bad: "#f06060"
info: "#80a0ff"
"""


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: the ratio of relative luminances, 1 to 21."""

    def luminance(colour: str) -> float:
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in Color.parse(colour).normalized]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_four_themes_ship_among_them_a_light_one_and_the_default() -> None:
    shipped = load_themes()
    assert shipped.problems == ()
    assert len(shipped.themes) >= 4
    assert DEFAULT in shipped.names
    assert any(not theme.dark for theme in shipped.themes)


@pytest.mark.parametrize("name", load_themes().names)
def test_every_word_can_be_read_on_every_ground(name: str) -> None:
    theme = load_themes().get(name)
    least = 7.0 if name == "high-contrast" else 4.5
    for ground in (theme.background, theme.surface, theme.panel):
        for colour in (theme.foreground, *(theme.variables[meaning] for meaning in MEANINGS)):
            assert contrast(str(colour), str(ground)) >= least, (colour, ground)


def test_a_file_in_the_users_folder_is_a_theme_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD + "dark: false\n")
    loaded = load_themes([SHIPPED, tmp_path])
    assert loaded.problems == ()
    mine = loaded.get("mine")
    assert (mine.background, mine.success, mine.dark) == ("#101010", "#40c040", False)
    assert mine.variables["muted"] == "#a0a0a0"


def test_the_users_file_replaces_the_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / f"{DEFAULT}.yaml").write_text(GOOD)
    loaded = load_themes([SHIPPED, tmp_path])
    assert loaded.get(DEFAULT).background == "#101010"
    assert loaded.names == load_themes().names


def test_a_folder_that_is_not_there_has_no_themes(tmp_path: Path) -> None:
    assert load_themes([tmp_path / "none"]).themes == ()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (GOOD + 'gud: "#ffffff"\n', 9, "`gud`. Did you mean `good`?"),
        (GOOD.replace('"#c0c040"', "yellow"), 6, "`warn` is 'yellow', which is no colour."),
        (GOOD.replace('"#c0c040"', "[1, 2]"), 6, "`warn` has no colour."),
        (GOOD + "dark: maybe\n", 9, "`dark` is 'maybe'. Write true or false."),
        (GOOD.replace('info: "#80a0ff"\n', ""), None, "lacks `info`"),
        ("background: [\n", 2, "this is not YAML"),
        ("- a\n- b\n", 1, "`key: value`"),
        ("", 1, "`key: value`"),
        ("a: \x00", None, "this is not YAML"),
    ],
)
def test_a_mistake_is_told_with_file_and_line_and_spares_the_others(
    tmp_path: Path, text: str, line: int | None, said: str
) -> None:
    (tmp_path / "broken.yaml").write_text(text)
    (tmp_path / "fine.yaml").write_text(GOOD)
    loaded = load_themes([tmp_path])
    assert loaded.names == ("fine",)
    [problem] = loaded.problems
    assert problem.file == str(tmp_path / "broken.yaml")
    assert problem.line == line
    assert said in str(problem)
    assert "\n" not in str(problem)


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text('gud: "#ffffff"\nwarn: 7\n')
    assert len(load_themes([tmp_path]).problems) == 3


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None], ids=["not text", "a folder"])
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    [problem] = load_themes([tmp_path]).problems
    assert problem.file == str(path)


def test_a_name_that_no_option_could_say_is_told(tmp_path: Path) -> None:
    (tmp_path / "My Theme.yaml").write_text(GOOD)
    [problem] = load_themes([tmp_path]).problems
    assert "small letters" in str(problem)


@pytest.mark.parametrize("name", load_themes().names)
async def test_the_stylesheet_knows_every_variable_it_uses(name: str) -> None:
    themes = load_themes()

    class Styled(App[None]):
        CSS_PATH = SHIPPED / "pointsman.tcss"

        def get_theme_variable_defaults(self) -> dict[str, str]:
            return themes.get(DEFAULT).variables

    app = Styled()
    app.register_theme(themes.get(name))
    app.theme = name
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.theme_variables["good"] == themes.get(name).variables["good"]
