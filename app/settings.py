"""Where files live, and what `config.yaml` says, with every mistake in it named by its line.

Plain on purpose: this is read before the first paint, so YAML is loaded only when there is a file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from routing.errors import ConfigurationError, Problem
from routing.money import parse_usd

if TYPE_CHECKING:
    from routing.policy.lines import Tree

_Place = tuple[str | int, ...]
DEFAULT_CAP_NUSD = parse_usd(2)
DEFAULT_PROFILE = "balanced"
DEFAULT_THEME = "night-yard"


@dataclass(frozen=True, slots=True)
class Paths:
    """Every place that the product reads or writes."""

    data_dir: Path
    config: Path

    @property
    def config_dir(self) -> Path:
        return self.config.parent

    @property
    def ledger(self) -> Path:
        return self.data_dir / "ledger.db"

    @property
    def discovery(self) -> Path:
        return self.data_dir / "discovery.json"

    @property
    def profiles(self) -> Path:
        return self.config_dir / "profiles"

    @property
    def themes(self) -> Path:
        return self.config_dir / "themes"

    @property
    def models(self) -> Path:
        return self.config_dir / "models.yaml"

    @property
    def documents(self) -> tuple[Path, ...]:
        """The product's own documents: beside the packages, in a checkout and when installed."""
        root = Path(__file__).parent.parent
        return root / "README.md", root / "docs"


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """`providers.<name>` as written; `key` names an environment variable, a keyring entry or a line of the key file."""

    name: str
    base_url: str
    dialect: str = "openai"
    key: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose. Caps are nano-dollars a local day; None: no cap. With `providers`, nothing else is
    looked for."""

    profile: str = DEFAULT_PROFILE
    theme: str = DEFAULT_THEME
    day_nusd: int | None = DEFAULT_CAP_NUSD
    simulated_day_nusd: int | None = DEFAULT_CAP_NUSD
    providers: tuple[ProviderSettings, ...] = ()


def find_paths(data_dir: str | None, config: str | None) -> Paths:
    """The folders named on the command line or in the environment, or the platform's own."""
    data_dir = data_dir or os.environ.get("POINTSMAN_DATA_DIR")
    config = config or os.environ.get("POINTSMAN_CONFIG")
    if data_dir and config:
        return Paths(Path(data_dir), Path(config))
    import platformdirs  # only when somebody left one open

    return Paths(
        Path(data_dir) if data_dir else platformdirs.user_data_path("pointsman"),
        Path(config) if config else platformdirs.user_config_path("pointsman") / "config.yaml",
    )


def read_settings(paths: Paths) -> Settings:
    """What the file says, or the defaults where there is none. Raises ConfigurationError when it is not YAML or a
    value cannot be used."""
    try:
        text = paths.config.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError((Problem(str(paths.config), None, f"cannot be read ({error})."),)) from error
    return parse_settings(text, str(paths.config))


def parse_settings(text: str, file: str) -> Settings:
    """Raises ConfigurationError with every mistake: an unknown key (and the nearest known one), a value that cannot
    be, YAML that cannot be read."""
    from routing.policy.lines import read_tree

    tree = read_tree(text, file)
    reader = _Reader(file, tree)
    settings = reader.settings({} if tree.data is None else tree.data)
    problems = [Problem(file, tree.line(mistake.at), mistake.what, mistake.instead) for mistake in tree.mistakes]
    problems += reader.problems
    if problems:
        raise ConfigurationError(tuple(sorted(problems, key=lambda problem: problem.line or 0)))
    return settings


class _Reader:
    """Walks the tree of a config file and collects what is wrong with it."""

    def __init__(self, file: str, tree: Tree) -> None:
        self._file = file
        self._tree = tree
        self.problems: list[Problem] = []

    def settings(self, data: object) -> Settings:
        top = self._mapping(data, (), ("profile", "theme", "caps", "providers"))
        caps = self._mapping(top.get("caps", {}), ("caps",), ("day_usd", "simulated_day_usd"))
        providers = top.get("providers") or {}
        if not isinstance(providers, Mapping):
            self._wrong(("providers",), "'providers' must hold providers by name", "write NAME: {base_url: http://…}")
            providers = {}
        return Settings(
            profile=self._word(top, (), "profile") or DEFAULT_PROFILE,
            theme=self._word(top, (), "theme") or DEFAULT_THEME,
            day_nusd=self._cap(caps, "day_usd"),
            simulated_day_nusd=self._cap(caps, "simulated_day_usd"),
            providers=tuple(self._provider(str(name), fields) for name, fields in providers.items()),
        )

    def _provider(self, name: str, fields: object) -> ProviderSettings:
        from routing.providers.dialects import dialect_names

        at: _Place = ("providers", name)
        found = self._mapping(fields, at, ("dialect", "base_url", "key", "headers", "region"))
        dialect = self._word(found, at, "dialect") or "openai"
        if dialect not in dialect_names():
            known = ", ".join(dialect_names())
            self._wrong((*at, "dialect"), f"the dialect {dialect!r} is not spoken;", f"write one of {known}")
        base_url = self._word(found, at, "base_url") or ""
        if not base_url.startswith(("http://", "https://")):
            self._wrong((*at, "base_url"), "base_url must be an address;", "write http://… or https://…")
        headers = found.get("headers") or {}
        if not isinstance(headers, Mapping):
            self._wrong((*at, "headers"), "headers must be names with values")
            headers = {}
        return ProviderSettings(
            name=name,
            base_url=base_url.rstrip("/"),
            dialect=dialect,
            key=self._key(found, at),
            headers=tuple((str(header), str(value)) for header, value in headers.items()),
            region=self._word(found, at, "region"),
        )

    def _key(self, found: Mapping[str, Any], at: _Place) -> str | None:
        """The name of a key; a key itself has no place in this file."""
        key = self._word(found, at, "key")
        if key is not None and not key.replace("_", "").isalnum():
            self._wrong((*at, "key"), "key must be the name of an environment variable, not the key itself;")
            return None
        return key

    def _cap(self, caps: Mapping[str, Any], name: str) -> int | None:
        if name not in caps:
            return DEFAULT_CAP_NUSD
        value = caps[name]
        if value is None:
            return None
        try:
            nusd = parse_usd(value) if isinstance(value, str | int | float) else -1
        except ValueError:
            nusd = -1
        if nusd < 0 or isinstance(value, bool):
            self._wrong(("caps", name), f"{name} must be dollars, 0 or more, not {value!r};", "write 2.00, or null")
            return None
        return nusd

    def _word(self, found: Mapping[str, Any], at: _Place, name: str) -> str | None:
        value = found.get(name)
        if value is None or isinstance(value, str):
            return value
        self._wrong((*at, name), f"{name} must be a word, not {value!r}")
        return None

    def _mapping(self, data: object, at: _Place, known: tuple[str, ...]) -> Mapping[str, Any]:
        from routing.policy.mistakes import nearest, quoted

        if not isinstance(data, Mapping):
            self._wrong(at, f"{at[-1] if at else 'the file'} must hold keys with values", f"such as {known[0]}: …")
            return {}
        for key in data:
            if key not in known:
                self._wrong((*at, key), f"the key {quoted(key)} is not known;", nearest(str(key), known))
        return {str(key): value for key, value in data.items() if key in known}

    def _wrong(self, at: _Place, what: str, instead: str = "") -> None:
        self.problems.append(Problem(self._file, self._tree.line(at), what, instead))
