"""Profiles for a command: what is left out, and what they name that is not there, is told on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.manners import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.profiles import Profiles
    from app.settings import Paths
    from routing.errors import Problem


def profiles_with(paths: Paths, name: str) -> Profiles:
    """Every profile. Raises ConfigurationError where none is called `name`."""
    from app.profiles import load_profiles

    found = load_profiles(paths)
    found.choose(name)
    say_left_out(found)
    return found


def say_left_out(profiles: Profiles) -> None:
    """Tell which files cannot be used."""
    for one in profiles.left_out:
        say(f"{one}.")


def say_absent(problems: Iterable[Problem]) -> None:
    """Tell which models a profile names that nobody has."""
    for problem in problems:
        say(f"{problem}.")
