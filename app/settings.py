"""Where files live, and what `config.yaml` says, with every mistake in it named by its line.

Plain on purpose: this is read before the first paint, so YAML is loaded only when there is a file.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from routing.errors import ConfigurationError, Problem
from routing.money import parse_usd
from routing.small_files import read_small

if TYPE_CHECKING:
    from routing.registry.loading import Overrides

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
    """`providers.<name>` as written; `key` names an environment variable, a keyring entry or a line of the key file.

    `key_at` is the place of that name (file and line), for when no key is found under it. `timeouts` are fields of
    `routing.policy.model.Timeouts` in seconds. `models` are what the user says of this provider's models, as globs
    over model ids.
    """

    name: str
    base_url: str
    dialect: str = "openai"
    key: str | None = None
    key_at: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    region: str | None = None
    timeouts: tuple[tuple[str, float], ...] = ()
    models: Overrides = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose. Caps are nano-dollars a local day; None: no cap. With `providers`, nothing else is
    looked for. With `tiers` (names with ids or globs over ids, the first that fits) a model has the tier that it
    stands in, and no other. Turns older than `keep_days` are erased; None: all are kept. With `ask_ratings` one turn in
    eight asks whether its answer is good. `library` is a file of examples, beside `config.yaml` where its path does not
    begin elsewhere. `embedder` (`provider/name`) says what a text means; `embedder_at` is the place of that name (file
    and line)."""

    profile: str = DEFAULT_PROFILE
    theme: str = DEFAULT_THEME
    day_nusd: int | None = DEFAULT_CAP_NUSD
    simulated_day_nusd: int | None = DEFAULT_CAP_NUSD
    providers: tuple[ProviderSettings, ...] = ()
    tiers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    keep_days: int | None = None
    ask_ratings: bool = True
    library: str | None = None
    embedder: str | None = None
    embedder_at: str = ""


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


def refuse_shared(paths: Paths) -> None:
    """Raises ConfigurationError where anybody on this machine may put files of theirs in place of the ledger's."""
    try:
        mode = paths.data_dir.stat().st_mode
    except OSError:
        return  # what is not there yet is made for its owner alone
    if os.name != "nt" and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        what = "can be written by everybody, so no ledger is kept in it;"
        raise ConfigurationError((Problem(str(paths.data_dir), None, what, f"run: chmod o-w {paths.data_dir}"),))


def names_config(config: str | None) -> bool:
    """Whether the file was named, on the command line (`config`) or in the environment."""
    return bool(config or os.environ.get("POINTSMAN_CONFIG"))


def read_settings(paths: Paths) -> Settings:
    """What the file says, or the defaults where there is none. Raises ConfigurationError when it is not YAML, a value
    cannot be used or there is no profile of the name."""
    try:
        text = read_small(paths.config)
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError((Problem(str(paths.config), None, f"cannot be read: {reason}."),)) from error
    from routing.policy.folders import profiles

    return parse_settings(text, str(paths.config), tuple(profiles((paths.profiles,))))


def parse_settings(text: str, file: str, profiles: tuple[str, ...] | None = None) -> Settings:
    """Raises ConfigurationError with every mistake: an unknown key (and the nearest known one), a value that cannot
    be, a profile that is none of `profiles` (None: any may be), YAML that cannot be read."""
    from app.settings_reader import read_document
    from routing.policy.lines import read_tree

    tree = read_tree(text, file)
    settings, problems = read_document(tree, file, profiles)
    if problems:
        raise ConfigurationError(tuple(sorted(problems, key=lambda problem: problem.line or 0)))
    return settings
