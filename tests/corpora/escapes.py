"""Text that a terminal could obey: a corpus, and every door through which it could reach a terminal.

python -m tests.corpora.escapes [--json]
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.corpora.serving import Told, command, serving
from tests.wire.server import Seen, Step, refusal, sse

SEED = 4
MADE = 80
"""So many are put together at random, beside those that are written down."""

# Told apart from everything that the product writes itself: what a terminal must never be sent from outside.
_OBEYED = [chr(n) for n in (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0))]
_BIDI = [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"]
_HIDDEN = [*"\u200b\u200e\u200f\u061c\u2060\u2063\u180e\ufeff\ufff9\U000e0001\U000e0041\U000e007f"]
_ENDS = {"BEL": "\x07", "ST": "\x1b\\", "C1 ST": "\x9c"}


@dataclass(frozen=True)
class Escape:
    """`text` is unlike any other, and unlike what the product writes. `hides` where a terminal would only hide it."""

    name: str
    text: str
    hides: bool = False

    @property
    def signs(self) -> frozenset[str]:
        """The characters that a terminal acts on."""
        return frozenset(self.text) & frozenset((*_OBEYED, *_BIDI, *_HIDDEN))


def corpus(seed: int = SEED) -> tuple[Escape, ...]:
    """All of them, in an order that the seed fixes."""
    rng = random.Random(seed)
    found = [*_written(), *(_made(rng, n) for n in range(MADE))]
    rng.shuffle(found)
    return tuple(found)


def _written() -> Iterator[Escape]:
    for sign in (*_OBEYED, *_BIDI):
        yield Escape(f"U+{ord(sign):04X}", sign)
    for sign in _HIDDEN:
        yield Escape(f"U+{ord(sign):04X}", sign, hides=True)
    for name, body in _CSI.items():
        yield Escape(f"CSI {name}", f"\x1b[{body}")
        yield Escape(f"C1 CSI {name}", f"\x9b{body}")
    for name, body in _STRINGS.items():
        for end, mark in _ENDS.items():
            yield Escape(f"{name}, {end}", f"\x1b{body}{mark}")
    for name, body in _SHORT.items():
        yield Escape(name, f"\x1b{body}")
    yield Escape("the end of a bracketed paste", "\x1b[201~rm -rf ~\r")
    yield Escape("an overwritten line", "rm -rf ~\r\x1b[Kls")


_CSI = {
    "clear": "2J\x1b[3J",
    "cursor to": "991;992H",
    "cursor up": "993A",
    "colours": "5;7;8;53m",
    "alternate screen": "?1049;993h",
    "mouse": "?1003;994h",
    "hidden cursor": "?25;995l",
    "window title back": "21;996t",
    "resize": "8;997;998t",
    "printing": "5i",
    "device": ">0;999c",
    "where": "6;990n",
    "scroll region": "981;982r",
    "soft reset": "!p",
}
_STRINGS = {
    "title": "]0;owned",
    "icon": "]1;owned",
    "window": "]2;owned",
    "palette": "]4;1;rgb:ff/00/00",
    "folder": "]7;file://owned/",
    "link": "]8;;https://owned.invalid/",
    "notification": "]9;owned",
    "font": "]50;owned",
    "clipboard": "]52;c;b3duZWQ=",
    "clipboard read": "]52;c;?",
    "rxvt": "]777;notify;owned;owned",
    "iTerm file": "]1337;File=inline=1:b3duZWQ=",
    "sixel": "Pq#0;2;0;0;0~owned",
    "settings": "P$qm-owned",
    "tmux": "Ptmux;\x1b\x1b]0;owned",
    "kitty image": "_Ga=T,f=100;b3duZWQ=",
    "private": "^owned",
    "start of string": "Xowned",
}
_SHORT = {"reset": "c", "save": "7", "restore": "8", "charset": "(0", "up": "M", "next": "E", "test": "#8"}


def _made(rng: random.Random, n: int) -> Escape:
    """Some of those above with figures of its own, nested, unfinished or beside each other."""
    opening = rng.choice(("\x1b[", "\x9b", "\x1b]", "\x9d", "\x1bP", "\x90", "\x1b_", "\x9f"))
    figures = ";".join(str(rng.randrange(1000)) for _ in range(rng.randrange(1, 6)))
    body = f"{figures}{rng.choice('ABCDHJKPXhlmnrtu~')}made{n}"
    inner = rng.choice(("", rng.choice(tuple(_STRINGS.values())), f"\x1b[{rng.randrange(900, 999)}B"))
    end = rng.choice(("", *_ENDS.values()))
    return Escape(f"made {n}", f"{opening}{body}{inner}{end}")


# ---------------------------------------------------------------- a hostile server
def marked(escapes: tuple[Escape, ...]) -> str:
    """A text in which each stands on a line of its own, between words by which it is found again."""
    return "\n".join(f"begin{n} {escape.text} end{n}" for n, escape in enumerate(escapes))


def cut(text: str, rng: random.Random) -> list[str]:
    """The text in pieces of one to nine characters: sequences are cut in their middle."""
    pieces, at = [], 0
    while at < len(text):
        size = rng.randrange(1, 10)
        pieces.append(text[at : at + size])
        at += size
    return pieces


def hostile(escapes: tuple[Escape, ...], *, refuses: bool = False, seed: int = SEED) -> Callable[[Seen], list[Step]]:
    """An OpenAI-compatible server: its models, its answer and its refusals hold the corpus."""
    rng = random.Random(seed)
    listed = [{"id": f"m{escape.text}" if n else "plain"} for n, escape in enumerate((escapes[0], *escapes))]

    def answer(seen: Seen) -> list[Step]:
        if seen.head.startswith("GET"):
            return [refusal(200, json.dumps({"object": "list", "data": listed}).encode(), "connection: close")]
        if refuses:
            error = {"error": {"message": marked(escapes)[:290], "code": "\x1b]0;owned\x07"}}
            return [refusal(400, json.dumps(error).encode(), "x-request-id: \x1b[2J", "connection: close")]
        events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in cut(marked(escapes), rng)]
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        return [
            sse(b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n")
        ]

    return answer


# ---------------------------------------------------------------- doors
def leaks(output: str, escapes: tuple[Escape, ...], *, to_pipe: bool) -> list[str]:
    """The names of those that came through. A pipe may have what a terminal would only hide."""
    text = output.replace("\r\n", "\n")
    return [
        escape.name
        for escape in escapes
        if not (escape.hides and to_pipe) and any(sign in text for sign in escape.signs)
    ]


def config(port: int) -> str:
    """A configuration that leads to the server and asks its model `plain` first."""
    models = "models: {plain: {tier: small, context_window: 1000000}}"
    return f"providers: {{here: {{base_url: 'http://127.0.0.1:{port}/v1', {models}}}}}\ncaps: {{day_usd: null}}\n"


def doors(home: Path, escapes: tuple[Escape, ...]) -> Iterator[tuple[str, Told]]:
    """Every command that tells something, on what a hostile server, file and user have said."""
    nasty = "".join(escape.text for escape in escapes if "\0" not in escape.text and "\n" not in escape.text)
    (home / "notes").mkdir(exist_ok=True)
    odd = home / "notes" / "a\x1b]0;owned\x07\u202e.txt"
    odd.write_text(marked(escapes).replace("\0", ""), encoding="utf-8", errors="replace")
    with serving(hostile(escapes)) as server:
        (home / "config.yaml").write_text(config(server.port))
        said = nasty.encode("utf-8", "replace")
        yield "ask", command(home, "ask", "-", "--model", "here/plain", "--attach", str(odd), stdin=said)
        yield "ask --json", command(home, "ask", "--json", "--model", "here/plain", "--chat", nasty[:40], "hello")
        yield "models", command(home, "models")
        yield "models --json", command(home, "models", "--json")
        yield "models NAME", command(home, "models", "here/*")
        yield "models, none so called", command(home, "models", f"plin{nasty[:60]}")
        yield "check", command(home, "check")
        yield "check --json", command(home, "check", "--json")
        yield "explain", command(home, "explain", nasty)
        yield "explain --json", command(home, "explain", "--json", nasty)
    for words in (
        ("history", "list"),
        ("history", "list", "--json"),
        ("history", "show"),
        ("history", "show", "--json"),
        ("history", "search", "begin1"),
        ("history", "search", "--json", "begin1"),
        ("history", "export", "--md"),
        ("history", "export", "--json"),
        ("history", "show", nasty[:40]),
        ("report", "spend"),
        ("report", "session"),
        ("demo", "--data-dir", str(home / nasty.replace("/", "")[:20])),
        ("ask", "--attach", str(home / nasty[:20].replace("/", "")), "hello"),
        ("ask", "--profile", nasty[:40], "hello"),
        ("ask", f"--{nasty[:40]}", "hello"),
        ("ask", "hello", nasty[:40]),
        (nasty[:40],),
    ):
        yield " ".join(word if word.isprintable() else "…" for word in words), command(home, *words)
    with serving(hostile(escapes, refuses=True)) as server:
        (home / "config.yaml").write_text(config(server.port))
        yield "ask, refused", command(home, "ask", "--model", "here/plain", "hello")
        yield "check, refused", command(home, "check")
    yield from _files(home, nasty)


def _files(home: Path, nasty: str) -> Iterator[tuple[str, Told]]:
    """Files of the user's that somebody else wrote."""
    quoted = json.dumps(nasty[:200])
    (home / "config.yaml").write_text(f"{quoted}: 1\nprofile: {quoted}\ntheme: {quoted}\n")
    yield "a hostile config.yaml", command(home, "explain", "hello")
    (home / "config.yaml").write_text("a: \x1b]0;owned\x07")
    yield "raw control characters in config.yaml", command(home, "explain", "hello")
    (home / "config.yaml").write_text("")
    (home / "profiles").mkdir(exist_ok=True)
    (home / "profiles" / "mine.yaml").write_text(
        f"id: {quoted}\ntitle: {quoted}\ndefault: {quoted}\nroutes: {{{quoted}: {{ladder: [{quoted}]}}}}\n"
    )
    yield "a hostile profile", command(home, "explain", "hello")
    (home / "profiles" / "mine.yaml").write_text(
        f"id: mine\ntitle: {quoted}\ndefault: r\nroutes: {{r: {{ladder: [small]}}}}\n"
    )
    yield "a profile's titles", command(home, "explain", "--all-profiles", "hello")
    (home / "profiles" / "mine.yaml").unlink()
    (home / "config.yaml").write_text(config(9))
    (home / "models.yaml").write_text(f"models: {{{quoted}: {{{quoted}: {quoted}}}}}\n")
    yield "a hostile models.yaml", command(home, "models")
    (home / "models.yaml").unlink()


def outcomes(home: Path, escapes: tuple[Escape, ...]) -> list[dict[str, object]]:
    """For each door: how it ended and what came through."""
    found = []
    for door, told in doors(home, escapes):
        through = leaks(told.out, escapes, to_pipe=True) + leaks(told.err, escapes, to_pipe=False)
        trace = "Traceback" in told.err
        found.append({"door": door, "code": told.code, "leaked": sorted(set(through)), "traceback": trace})
    return found


def main() -> None:
    escapes = corpus()
    with tempfile.TemporaryDirectory() as folder:
        found = outcomes(Path(folder), escapes)
    if "--json" in sys.argv:
        print(json.dumps({"seed": SEED, "sequences": len(escapes), "doors": found}, indent=2))
        return
    print(f"{len(escapes)} sequences, seed {SEED}")
    for one in found:
        leaked = one["leaked"]
        assert isinstance(leaked, list)
        print(
            f"{one['door']!s:42} ended {one['code']}  leaked {len(leaked)}{'  TRACEBACK' if one['traceback'] else ''}"
        )


if __name__ == "__main__":
    main()
