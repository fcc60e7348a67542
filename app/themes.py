"""Colour themes out of YAML files: those that ship, and those that a user drops into the config folder.

A theme names a colour for each meaning (`good`, `warn`, `bad`, `info`, `accent`, `muted`), and the grounds they stand
on. All become variables of the stylesheet and of styled text. A file with a mistake is left out and told about; the
others are loaded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from textual.theme import Theme

from routing.errors import ConfigurationError, Problem
from routing.small_files import read_small

if TYPE_CHECKING:
    from collections.abc import Iterable

SHIPPED = Path(__file__).resolve().parent.parent / "themes"
DEFAULT = "night-yard"

MEANINGS = ("accent", "good", "warn", "bad", "info", "muted")
_REQUIRED = ("background", "text", *MEANINGS)
_OPTIONAL = ("dark", "surface", "panel", "line")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Themes:
    """What was loaded, by name in order of the names, and what could not be."""

    themes: tuple[Theme, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(theme.name for theme in self.themes)

    def get(self, name: str) -> Theme:
        """The theme of that name. Raises KeyError."""
        for theme in self.themes:
            if theme.name == name:
                return theme
        raise KeyError(name)


def load_themes(folders: Iterable[Path] = (SHIPPED,)) -> Themes:
    """Every theme of the folders; a later folder's replaces an earlier one's of the same name. A folder that is not
    there has none."""
    found: dict[str, Theme] = {}
    problems: list[Problem] = []
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            try:
                found[path.stem] = read_theme(path)
            except ConfigurationError as broken:
                problems += broken.problems
    return Themes(tuple(found[name] for name in sorted(found)), tuple(problems))


def read_theme(path: Path) -> Theme:
    """The theme of one file. Raises ConfigurationError with every mistake in it."""
    if not _NAME.fullmatch(path.stem):
        raise _broken(path, None, "a theme is named by its file.", "Use small letters, digits and hyphens.")
    values, lines = _entries(path)
    problems = [*_unknown(path, values, lines), *_wrong(path, values, lines), *_missing(path, values)]
    if problems:
        raise ConfigurationError(tuple(problems))
    return _theme(path.stem, values)


def _broken(path: Path, line: int | None, what: str, instead: str = "") -> ConfigurationError:
    return ConfigurationError((Problem(str(path), line, what, instead),))


def _entries(path: Path) -> tuple[dict[str, str], dict[str, int]]:
    """The file's keys with their values as text, and the line of each."""
    try:
        root = yaml.compose(read_small(path), Loader=_LOADER)
    except OSError as error:
        raise _broken(path, None, f"the theme cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise _broken(path, None, "the theme is not text in UTF-8.", "Save it as UTF-8.") from None
    except yaml.YAMLError as error:
        from routing.policy.lines import in_words

        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "it cannot be read"
        raise _broken(path, mark.line + 1 if mark else None, f"this is not YAML: {in_words(what)}.") from None
    if not isinstance(root, yaml.MappingNode):
        raise _broken(path, 1, "a theme is a list of `key: value`.", 'Begin with `background: "#10151c"`.')
    values, lines = {}, {}
    for key, value in root.value:
        name = str(key.value)
        values[name] = value.value if isinstance(value, yaml.ScalarNode) else ""
        lines[name] = key.start_mark.line + 1
    return values, lines


def _unknown(path: Path, values: dict[str, str], lines: dict[str, int]) -> list[Problem]:
    known = (*_REQUIRED, *_OPTIONAL)
    return [
        Problem(str(path), lines[key], f"a theme has no key `{key}`.", _nearest(key, known))
        for key in values
        if key not in known
    ]


def _nearest(key: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # only where there is a mistake

    near = get_close_matches(key, known, n=1, cutoff=0.5)
    return f"Did you mean `{near[0]}`?" if near else f"It has: {', '.join(known)}."


def _wrong(path: Path, values: dict[str, str], lines: dict[str, int]) -> list[Problem]:
    problems = []
    for key, value in values.items():
        if key == "dark":
            if value not in ("true", "false"):
                problems.append(Problem(str(path), lines[key], f"`dark` is {value!r}.", "Write true or false."))
        elif key in (*_REQUIRED, *_OPTIONAL) and not _COLOUR.fullmatch(value):
            instead = 'Write six hexadecimal digits in quotes: "#10151c".'
            said = f"`{key}` is {value!r}, which is no colour." if value else f"`{key}` has no colour."
            problems.append(Problem(str(path), lines[key], said, instead))
    return problems


def _missing(path: Path, values: dict[str, str]) -> list[Problem]:
    missing = [key for key in _REQUIRED if key not in values]
    if not missing:
        return []
    named = ", ".join(f"`{key}`" for key in missing)
    return [Problem(str(path), None, f"the theme lacks {named}.", "Give each a colour.")]


def _theme(name: str, values: dict[str, str]) -> Theme:
    background, text, muted = values["background"], values["text"], values["muted"]
    surface = values.get("surface", background)
    panel, border = values.get("panel", surface), values.get("line", muted)
    accent = values["accent"]
    dark = values.get("dark", "true") == "true"
    return Theme(
        name=name,
        primary=accent,
        secondary=values["info"],
        accent=accent,
        success=values["good"],
        warning=values["warn"],
        error=values["bad"],
        foreground=text,
        background=background,
        surface=surface,
        panel=panel,
        dark=dark,
        variables={
            **{meaning: values[meaning] for meaning in MEANINGS},
            "line": border,
            "text-accent": accent,
            "text-primary": values["info"],
            "text-secondary": values["info"],
            "text-success": values["good"],
            "text-warning": values["warn"],
            "text-error": values["bad"],
            "text-muted": muted,
            "foreground-muted": muted,
            "border": accent,
            "border-blurred": border,
            "scrollbar": border,
            "scrollbar-hover": muted,
            "scrollbar-active": accent,
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
            "scrollbar-corner-color": background,
            "footer-background": panel,
            "footer-key-foreground": accent,
            "block-cursor-background": accent,
            "block-cursor-foreground": background,
            "input-selection-background": f"{accent} 35%",
            "screen-selection-background": f"{accent} 35%",
        },
    )
