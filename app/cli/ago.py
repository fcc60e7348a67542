"""A time ago, as it is written on the command line."""

from __future__ import annotations

import re

import click

_UNITS_S = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def ago(_: click.Context, __: click.Parameter, written: str | None) -> float | None:
    """Seconds back, from `7d`."""
    if written is None:
        return None
    match = re.fullmatch(r"(\d{1,6})([mhdw])", written.strip())
    if match is None:
        raise click.BadParameter("write a number and m, h, d or w, such as 7d.")
    return float(int(match[1]) * _UNITS_S[match[2]])
