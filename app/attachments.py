"""Files and images that go with a prompt: read from the disk, told apart by what is in them, not by their names."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from routing.errors import ConfigurationError

if TYPE_CHECKING:
    from routing.messages import FilePart, ImagePart

LARGEST = 20_000_000
"""Bytes; a larger file is refused, in words."""

_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_SNIFFED = 16
_LONGEST_DROP = 8_192


def read_attachment(path: Path) -> FilePart | ImagePart:
    """The file as a part of a request: an image (PNG, JPEG, GIF, WebP), or a text in UTF-8.

    Raises ConfigurationError with one sentence for what cannot be attached. Reads from the disk: not for an event loop.
    """
    from routing.messages import FilePart, ImagePart

    content = _content(path)
    media_type = image_type(content)
    if media_type is not None:
        from base64 import b64encode

        return ImagePart(media_type, b64encode(content).decode("ascii"), name=path.name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ConfigurationError(f"{path} is neither a text in UTF-8 nor an image (PNG, JPEG, GIF, WebP).")
    return FilePart(path.name, text)


def image_type(content: bytes) -> str | None:
    """The media type of an image by its first bytes; None for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in _IMAGES if content.startswith(signature)), None)


def paths_in(text: str) -> list[Path]:
    """The files that a line names, as people type them and terminals paste them when files are dropped: bare, quoted,
    with escaped spaces, as `file://` addresses, several beside each other. Looks at nothing on the disk."""
    bare = text.strip()
    if bare.startswith("file://"):
        return [_from_address(word) for word in bare.split()]
    if not any(sign in bare for sign in "'\"\\ "):
        return [_expanded(bare)] if bare else []
    try:
        words = shlex.split(bare)
    except ValueError:  # a quote that stands alone belongs to the name
        words = [bare]
    if bare[0] not in "'\"" and "\\" not in bare and not all(word[0] in "/~" for word in words if word):
        words = [bare]  # spaces that nobody escaped
    return [_expanded(word) for word in words if word]


def dropped_in(text: str) -> list[Path]:
    """The files that a paste may stand for: absolute paths and nothing else, on one line."""
    if len(text) > _LONGEST_DROP or "\n" in text.strip() or not text.strip():
        return []
    paths = paths_in(text)
    return paths if all(path.is_absolute() for path in paths) else []


def are_images(paths: list[Path]) -> bool:
    """Whether each is an image. Reads from the disk: not for an event loop."""
    return bool(paths) and all(map(_is_image, paths))


def _is_image(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return image_type(file.read(_SNIFFED)) is not None
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return False


def _from_address(address: str) -> Path:
    from urllib.parse import unquote, urlsplit

    try:
        return Path(unquote(urlsplit(address).path))
    except ValueError:  # no address after all
        return Path(address)


def _expanded(word: str) -> Path:
    try:
        return Path(word).expanduser()
    except (RuntimeError, ValueError):  # the home of somebody who is not known here, or whose name cannot be
        return Path(word)


def _content(path: Path) -> bytes:
    """Raises ConfigurationError."""
    try:
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder: attach the files in it one by one.")
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{path} is no file that can be attached.")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise ConfigurationError(f"{path} does not exist: nothing is attached.") from None
    except (OSError, ValueError) as error:
        why = error.strerror or error if isinstance(error, OSError) else "its name holds a zero byte"
        raise ConfigurationError(f"{path} could not be read: {why}.") from None
    if len(content) > LARGEST:
        raise ConfigurationError(f"{path} is larger than {LARGEST // 1_000_000} MB, the most that can be attached.")
    if not content:
        raise ConfigurationError(f"{path} is empty: nothing is attached.")
    return content
