"""A pytest plugin: hypothesis draws the same examples each time, keeps none, and does not shrink what fails."""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("steady")
