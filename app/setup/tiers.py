"""Writing the tiers that a person accepted into `config.yaml`, or taking them out: nothing else in it is touched."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import yaml

from app.settings import Paths, Settings, parse_settings
from routing.errors import ConfigurationError, Problem
from routing.files import replace_file

Tiers = tuple[tuple[str, tuple[str, ...]], ...]
_MODE = 0o644


def write_tiers(paths: Paths, tiers: Tiers) -> Settings:
    """Put `tiers:` into the file, in place of those that it has, and return what it says now.

    Raises ConfigurationError, and then nothing was written, when the file has mistakes, is laid out in a way that a
    key cannot be added to, or cannot be written.
    """
    instead = "is laid out in a way that tiers cannot be added to;", "write them there yourself: `tiers: {small: […]}`"
    return _put(paths, lambda text: _with_tiers(text, tiers), tiers, instead)


def remove_tiers(paths: Paths) -> Settings:
    """Take `tiers:` out of the file again, and nothing else, and return what it says now. Raises as `write_tiers`."""
    instead = "is laid out in a way that tiers cannot be taken out of;", "take `tiers` out yourself"
    return _put(paths, _without_tiers, (), instead)


def _text(paths: Paths) -> str:
    try:
        return paths.config.read_bytes().decode() if paths.config.exists() else ""
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError((Problem(str(paths.config), None, f"cannot be read: {reason}."),)) from None


def _put(paths: Paths, change: Callable[[str], str], tiers: Tiers, instead: tuple[str, str]) -> Settings:
    """Write what says the same as before, but for the tiers; `instead` is told when it does not."""
    file, before = str(paths.config), _text(paths)
    wanted = replace(parse_settings(before, file) if before.strip() else Settings(), tiers=tiers)
    after = change(before)
    settings = _read(after, file)
    if settings is None or _without_places(settings) != _without_places(wanted):
        raise ConfigurationError((Problem(file, None, *instead),))
    if after != before:
        _write(paths.config, after)
    return settings


def _write(file: Path, text: str) -> None:
    try:
        mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else _MODE
        replace_file(file, text.encode(), mode)
    except OSError as problem:
        what = f"cannot be written: {problem.strerror or problem}."
        raise ConfigurationError((Problem(str(file), None, what),)) from None


def _read(text: str, file: str) -> Settings | None:
    try:
        return parse_settings(text, file)
    except ConfigurationError:
        return None


def _without_places(settings: Settings) -> Settings:
    """The lines of a file may move."""
    providers = tuple(replace(one, key_at="") for one in settings.providers)
    return replace(settings, providers=providers, embedder_at="")


def _with_tiers(text: str, tiers: Tiers) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    indent = " " * (pairs[0][0].start_mark.column if pairs else 0)
    block = _block(tiers, indent, end)
    own = next((pair for pair in pairs if pair[0].value == "tiers"), None)
    if own is not None:
        return text[: own[0].start_mark.index] + block.removeprefix(indent) + text[_end(own[1]) :]
    glue = "" if not text or text.endswith("\n") else end
    return f"{text}{glue}{block}{end}"


def _without_tiers(text: str) -> str:
    """Whole lines go, but for a comment behind the block."""
    root = yaml.compose(text, yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    own = next((pair for pair in pairs if pair[0].value == "tiers"), None)
    if own is None:
        return text
    begin, end = own[0].start_mark.index, _end(own[1])
    rest = text[end:]
    after = rest.lstrip(" ")
    if after.startswith(("\n", "\r\n")) and not text[:begin].rpartition("\n")[2].strip():
        begin -= len(text[:begin].rpartition("\n")[2])
        rest = after.partition("\n")[2]
    return text[:begin] + rest


def _block(tiers: Tiers, indent: str, end: str) -> str:
    lines = ["tiers:"]
    for tier, models in tiers:
        lines += [f"  {tier}:", *(f"    - {json.dumps(model, ensure_ascii=False)}" for model in models)]
    return end.join(indent + line for line in lines)


def _end(node: yaml.Node) -> int:
    """Where the text of a value ends. (A block ends for the parser where the next one begins, comments and all.)"""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)
