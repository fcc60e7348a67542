"""Files of a user's that are broken: each is read all the same, or named with what is wrong in it.

python -m tests.corpora.configurations [--json]
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from app.themes import load_themes
from tests.corpora.serving import Told, command

SEED = 6
COUNT = 200
LONGEST_S = 10
"""Longer than any of them takes; one that is not done by then hangs."""

GOOD = {
    "config.yaml": (
        "profile: balanced\ntheme: night-yard\ncaps:\n  day_usd: 2.00\n  simulated_day_usd: null\nproviders:\n"
        "  mine:\n    base_url: http://127.0.0.1:9/v1\n    key: MY_KEY\n    headers: {x-team: research}\n"
        "    timeouts: {connect_s: 1}\n    models:\n      'gpt-*': {tier: mid, context_window: 8192}\n"
        "tiers:\n  small: [mine/a, 'mine/b-*']\n  large: [mine/c]\n"
    ),
    "profiles/mine.yaml": (
        "id: mine\ntitle: My own\ndefault: chat\nroutes:\n  chat:\n    ladder:\n"
        "      - {tier: small, threshold: 0.6}\n      - mid\n      - large\n"
    ),
    "models.yaml": (
        "models:\n  openai/gpt-4o-mini: {tier: mid}\n"
        '  "ollama/*": {context_window: 32768, capabilities: [json, tools]}\n'
    ),
    "keys.env": "# keys\nMY_KEY=sk-abcdef0123456789\nexport OTHER_KEY='two'\n",
    "themes/mine.yaml": (
        'background: "#10151c"\ntext: "#d0d7de"\naccent: "#e0a458"\ngood: "#7fb77e"\nwarn: "#e0c458"\n'
        'bad: "#e06c75"\ninfo: "#61afef"\nmuted: "#6b7680"\ndark: true\n'
    ),
}

Spoil = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Spoilt:
    """One broken file. `links_to` is set where it is no file of its own; `mode` is its mode."""

    number: int
    file: str
    how: str
    body: bytes = b""
    links_to: str = ""
    mode: int = 0o600


@dataclass(frozen=True)
class Outcome:
    number: int
    file: str
    how: str
    end: str
    """loaded, named (with its line), named (no line); or what must never be."""
    told: str


# ---------------------------------------------------------------- breaking
def _line(body: bytes, rng: random.Random) -> tuple[list[bytes], int]:
    lines = body.splitlines(keepends=True)
    return lines, rng.randrange(len(lines))


def _without_a_line(body: bytes, rng: random.Random) -> bytes:
    lines, n = _line(body, rng)
    return b"".join(lines[:n] + lines[n + 1 :])


def _a_line_twice(body: bytes, rng: random.Random) -> bytes:
    lines, n = _line(body, rng)
    return b"".join([*lines[: n + 1], lines[n], *lines[n + 1 :]])


def _a_line_moved(body: bytes, rng: random.Random) -> bytes:
    lines, n = _line(body, rng)
    lines.insert(rng.randrange(len(lines)), lines.pop(n))
    return b"".join(lines)


def _a_tab(body: bytes, rng: random.Random) -> bytes:
    lines, n = _line(body, rng)
    lines[n] = b"\t" + lines[n].lstrip()
    return b"".join(lines)


_VALUES = tuple(
    b'-1|[|{|*a|!x y|1e999|.nan|\x1b]0;x\x07|"\\x1b[2J"|[[[]]]|0x10|9999999999999999999999999999|yes|~'.split(b"|")
)


def _a_value(body: bytes, rng: random.Random) -> bytes:
    lines, n = _line(body, rng)
    head = lines[n].partition(b":")[0]
    lines[n] = head + b": " + rng.choice(_VALUES) + b"\n"
    return b"".join(lines)


def _bytes(body: bytes, rng: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(rng.randrange(1, 6)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _inserted(*what: bytes) -> Spoil:
    def insert(body: bytes, rng: random.Random) -> bytes:
        at = rng.randrange(len(body))
        return body[:at] + rng.choice(what) + body[at:]

    return insert


SEEDED: dict[str, Spoil] = {
    "cut": lambda body, rng: body[: rng.randrange(len(body))],
    "a line left out": _without_a_line,
    "a line twice": _a_line_twice,
    "a line moved": _a_line_moved,
    "a tab": _a_tab,
    "another value": _a_value,
    "bytes changed": _bytes,
    "NUL inside": _inserted(b"\0"),
    "control characters": _inserted(b"\x1b[2J", b"\x9b", b"\x07", "\u202e".encode()),
    "signs inside": _inserted(
        b"*", b"&a ", b"!!python/object:os.system ", b"%", b"@", b"`", b"{", b"]", b"'", b'"', b": "
    ),
}

_BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%b]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 9)) for n in range(ord("a"), ord("i"))
)
WRITTEN: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n\n  \n",
    "a comment alone": b"# nothing\n",
    "a list": b"- a\n- b\n",
    "a word": b"word\n",
    "a bomb of aliases": _BOMB,
    "an alias of itself": b"a: &a [*a]\n",
    "a key of itself": b"? &a [*a]\n: 1\n",
    "a key that is a list": b"? [a, b]\n: 1\n",
    "merge keys": b"a: &a {b: 1}\nc: {<<: *a}\n",
    "nested lists": b"a: " + b"[" * 20_000 + b"]" * 20_000 + b"\n",
    "nested maps": b"a: " + b"{a: " * 20_000 + b"1" + b"}" * 20_000 + b"\n",
    "nested by indent": b"".join(b" " * n + b"a:\n" for n in range(1_500)),
    "a scalar of 10 MB": b"profile: " + b"x" * 10_000_000 + b"\n",
    "many keys": b"".join(b"k%d: 1\n" % n for n in range(20_000)),
    "a BOM": b"\xef\xbb\xbf",
    "UTF-16": "profile: balanced\n".encode("utf-16"),
    "UTF-32": "profile: balanced\n".encode("utf-32"),
    "latin-1": "title: Zürich\n".encode("latin-1"),
    "a binary": bytes(range(256)) * 20,
    "two documents": b"profile: balanced\n---\nprofile: economy\n",
    "a directive": b"%YAML 9.9\n---\na: 1\n",
    "a tag": b"a: !!python/object/apply:os.system ['true']\n",
    "CRLF and CR": b"profile: balanced\r\ntheme: night-yard\r",
    "not closed": b'a: "\n',
    "a date and a set": b"a: 2020-01-01\nb: !!set {x, y}\n",
}
LINKS = {
    "a loop of links": "itself",
    "a link to a folder": "/",
    "a link to nothing": "/nowhere/at/all",
    "a device": "/dev/zero",
}


def corpus(count: int = COUNT, seed: int = SEED) -> tuple[Spoilt, ...]:
    """What is written down, for every file that it fits, and as many made ones as are wanted beside it."""
    rng = random.Random(seed)
    found = list(_written())
    for n in range(len(found), count):
        file = tuple(GOOD)[n % len(GOOD)]
        how = rng.choice(tuple(SEEDED))
        found.append(Spoilt(n, file, how, SEEDED[how](GOOD[file].encode(), rng)))
    return tuple(found[:count])


def _written() -> Iterator[Spoilt]:
    n = 0
    for file in GOOD:
        for how, body in WRITTEN.items():
            body = body + GOOD[file].encode() if how == "a BOM" else body
            if file != "keys.env" or how in ("empty", "a BOM", "UTF-16", "latin-1", "a binary", "a scalar of 10 MB"):
                yield Spoilt(n, file, how, body)
                n += 1
        for how, target in LINKS.items():
            yield Spoilt(n, file, how, links_to=target)
            n += 1
    yield Spoilt(n, "keys.env", "readable by others", GOOD["keys.env"].encode(), mode=0o644)


# ---------------------------------------------------------------- reading
def read(home: Path, spoilt: Spoilt) -> Outcome:
    """Put the file among good ones and run the command that reads all of them; a theme is read as the client does."""
    for file, body in GOOD.items():
        _put(home / file, body.encode(), 0o600)
    path = home / spoilt.file
    if spoilt.links_to:
        path.unlink()
        path.symlink_to(path if spoilt.links_to == "itself" else spoilt.links_to)
    else:
        _put(path, spoilt.body, spoilt.mode)
    end, told = _themes(home, path) if spoilt.file.startswith("themes/") else _command(home, path)
    return Outcome(spoilt.number, spoilt.file, spoilt.how, end, told[:300])


def _put(path: Path, body: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(body)
    path.chmod(mode)


def _themes(home: Path, path: Path) -> tuple[str, str]:
    themes = load_themes((home / "themes",))
    told = "\n".join(map(str, themes.problems))
    return (_named(told, path) if themes.problems else "loaded"), told


def _command(home: Path, path: Path) -> tuple[str, str]:
    told = command(home, "models")
    if told.code == 2 or str(path) in told.err:
        return _named(told.err, path), told.err
    return ("loaded" if _ran(told) else "BROKEN"), told.err


def _ran(told: Told) -> bool:
    """Whether it told of models, or that nothing answers at the provider's address."""
    return told.code in (0, 1) and "Traceback" not in told.err


def _named(told: str, path: Path) -> str:
    lines = [line for line in told.splitlines() if line.strip()]
    if not lines or "Traceback" in told or not all(len(line) < 1_000 for line in lines):
        return "BROKEN"
    if not all(line.isprintable() for line in lines):
        return "RAW"
    if str(path) not in told:
        return "NOT NAMED"
    return "named with its line" if f"{path}:" in told and any(_has_line(line, path) for line in lines) else "named"


def _has_line(line: str, path: Path) -> bool:
    return line.partition(f"{path}:")[2].partition(":")[0].isdigit()


class _Watch:
    """Raises where something hangs."""

    def __enter__(self) -> None:
        signal.signal(signal.SIGALRM, self._hangs)
        signal.alarm(LONGEST_S)

    def __exit__(self, *_: object) -> None:
        signal.alarm(0)

    @staticmethod
    def _hangs(_: int, __: FrameType | None) -> None:
        raise TimeoutError


def outcomes(home: Path, spoilt: tuple[Spoilt, ...]) -> list[Outcome]:
    found = []
    for one in spoilt:
        try:
            with _Watch():
                found.append(read(home, one))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is an outcome that must not be
            found.append(Outcome(one.number, one.file, one.how, type(error).__name__.upper(), repr(error)[:300]))
    return found


GOOD_ENDS = {"loaded", "named", "named with its line"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = outcomes(Path(folder), corpus())
    if "--json" in sys.argv:
        print(json.dumps({"seed": SEED, "outcomes": [asdict(one) for one in found]}, indent=2))
        return
    print(f"{len(found)} files, seed {SEED}")
    for (file, end), count in sorted(Counter((one.file, one.end) for one in found).items()):
        print(f"  {file:20} {end:22} {count:4}")
    for one in found:
        if one.end not in GOOD_ENDS:
            print(f"{one.number} {one.file}, {one.how}: {one.end}\n    {one.told}")


if __name__ == "__main__":
    os.umask(0o077)
    main()
