"""stdout, whose failure is told from that of any other file, whoever writes to it and however it is buffered."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class OutputError(OSError):
    """What stdout did not take. A reader that has gone is a BrokenPipeError, as ever."""


class Output(io.TextIOWrapper):
    """Text for stdout; raises OutputError."""

    def write(self, text: str, /) -> int:
        with _marked():
            return super().write(text)

    def flush(self) -> None:
        with _marked():
            super().flush()


def mark_stdout() -> None:
    """Have stdout raise OutputError, and show another sign for one that the terminal lacks. ASCII becomes UTF-8 here:
    click would wrap it in a stream of its own, which raises what it likes."""
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        sys.stdout = Output(
            stream.buffer,
            "utf-8" if codecs.lookup(stream.encoding).name == "ascii" else stream.encoding,
            errors="replace",
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )


def forget_stdout() -> None:
    """Nobody reads any more: what is still buffered must not fail again when Python ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())


@contextmanager
def _marked() -> Iterator[None]:
    try:
        yield
    except (BrokenPipeError, OutputError):
        raise
    except OSError as error:
        raise OutputError(error.errno, error.strerror) from error
