"""A chat as `history export --md` writes it, back to its prompts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from routing.evaluation.traffic.asked import Asked, Said, asked_in, in_a_row

_YOU = "## You"
_ANSWERED_BY = re.compile(r"## (Pointsman|\S+/\S+)")
_SIGNATURE = re.compile(r"\*(?:answered|degraded|failed|cancelled|running)\b.* · .*\*")
_ATTACHED = re.compile(r"▣ .+ \(.+\)")


def prompts_of_markdown(text: str) -> list[Asked]:
    """Prompts with the models that answered; tokens are estimates, and what it cost is left out, as it is rounded
    there. A prompt may hold headings of its own; what looks like the heading of a reply ends it."""
    said: list[Said] = []
    open_: list[str] | None = None
    model: str | None = None
    for line in text.splitlines():
        heading = _ANSWERED_BY.fullmatch(line)
        if line == _YOU and open_ is None:
            open_, model = [], None
        elif heading and open_ is not None and model is None:
            said.append(Said("user", _written(open_), None))
            open_, model = [], heading[1]
        elif _SIGNATURE.fullmatch(line) and open_ is not None and model is not None:
            said.append(Said("assistant", "\n".join(open_).strip(), None, model=model if "/" in model else None))
            open_ = None
        elif open_ is not None:
            open_.append(line)
    return asked_in(in_a_row(said))


def _written(lines: Iterable[str]) -> str:
    """Without the names of what was attached."""
    return "\n".join(line for line in lines if not _ATTACHED.fullmatch(line)).strip()
