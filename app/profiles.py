"""Every profile there is: the shipped ones and the user's. A file with a mistake is left out and told about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Paths
from routing.errors import ConfigurationError, Problem
from routing.policy.absent import absent_models
from routing.policy.folders import profiles
from routing.policy.lines import read_tree
from routing.policy.loading import load_policy, text_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from routing.policy.model import Policy
    from routing.registry.model import Registry


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that cannot be used, with every mistake; `names` are its file's and the `id` in it."""

    names: frozenset[str]
    path: Path
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        """One sentence, with the first mistake."""
        more = len(self.problems) - 1
        told = f" ({more} more: `pointsman check` tells all)" if more else ""
        return f"The profile {self.path.stem!r} is left out: {self.problems[0]}{told}"


@dataclass(frozen=True, slots=True)
class Profiles:
    """What could be read, by name, with its files, and what could not be."""

    policies: Mapping[str, Policy]
    files: Mapping[str, Path]
    left_out: tuple[LeftOut, ...] = ()

    def choose(self, name: str) -> str:
        """The name. Raises ConfigurationError where there is no such profile, with every mistake where its file was
        left out."""
        if name in self.policies:
            return name
        asked_for = tuple(problem for one in self.left_out if name in one.names for problem in one.problems)
        if asked_for:
            raise ConfigurationError(asked_for)
        left_out = "".join(f" Left out, as it has mistakes: {one.path}." for one in self.left_out)
        known = ", ".join(sorted(self.policies))
        raise ConfigurationError(f"There is no profile {name!r}: choose one of {known}.{left_out}")

    def absent(self, name: str, registry: Registry, unlisted: Collection[str] = ()) -> tuple[Problem, ...]:
        """The models that a profile names and nobody has, see `absent_models`."""
        return absent_models(self.files[name], self.policies[name], registry, unlisted)


def load_profiles(paths: Paths) -> Profiles:
    """Every profile, compiled."""
    files = profiles((paths.profiles,))
    policies: dict[str, Policy] = {}
    left_out = []
    for name, path in files.items():
        try:
            policies[name] = load_policy(path)
        except ConfigurationError as error:
            left_out.append(LeftOut(frozenset((name, *_stated_id(path))), path, error.problems))
    return Profiles(policies, files, tuple(left_out))


def _stated_id(path: Path) -> tuple[str, ...]:
    """What a file says that it is called, as far as it can be read."""
    try:
        data = read_tree(text_of(path), str(path)).data
    except ConfigurationError:
        return ()
    stated = data.get("id") if isinstance(data, dict) else None
    return (stated,) if isinstance(stated, str) else ()
