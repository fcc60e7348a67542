"""Every profile there is: the shipped ones and the user's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Paths
from routing.policy.folders import profiles
from routing.policy.loading import load_policy

if TYPE_CHECKING:
    from routing.policy.model import Policy


def load_profiles(paths: Paths) -> dict[str, Policy]:
    """Every profile, compiled. Raises ConfigurationError with the mistakes of the first file that has any."""
    files: dict[str, Path] = profiles((paths.profiles,))
    return {name: load_policy(path) for name, path in files.items()}
