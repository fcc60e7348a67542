"""What kind of work a request is, for a router that asks: the models answer with the router's own analysis, which is
all that a program without a language model knows."""

from __future__ import annotations

import json
import re

_ASKED = re.compile(r"Classify the request\b.*?\n<(request-[0-9a-f]+)>\n(?P<request>.*)\n</\1>\n", re.DOTALL)
_COMPLEXITY_P, _PLAIN_P = 0.7, 0.9


def classification(text: str) -> str | None:
    """The JSON that the prompt of `routing.strategies.classifier` wants; None where it is another prompt."""
    asked = _ASKED.match(text)
    if asked is None:
        return None
    # Loaded when the first prompt of this kind comes: the analysis has many terms to compile.
    from routing.analysis.analyse import analyse
    from routing.messages import ask

    seen = analyse(ask(asked["request"]))
    said = {
        "task": seen.task,
        "task_p": round(seen.task_p, 2),
        "complexity": round(seen.complexity, 2),
        "complexity_p": _COMPLEXITY_P,
        "risk": seen.risk,
        "risk_p": round(seen.risk_p, 2),
        "format": "text" if seen.response_format == "text" else "json",
        "format_p": _PLAIN_P,
        "latency": seen.latency,
        "latency_p": _PLAIN_P,
    }
    return json.dumps(said, separators=(",", ":"))
