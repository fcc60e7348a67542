"""A language model of half a megabyte, made here: a llama of one block with random weights, written as GGUF.

Its output weights point from each word of one sentence to the next, so at temperature 0 it always says that sentence.
How strongly they point is how sure it is: `sure` and `unsure` say the same words with other probabilities. `endless`
begins the sentence anew instead of ending it.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import random
import struct
import sys
import zlib
from array import array
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias

Kind = Literal["sure", "unsure", "endless"]
SENTENCE = "The yard opened in 1904 with four tracks, and two of them were lifted when trains became rare."

_STRENGTH: dict[Kind, float] = {"sure": 0.5, "unsure": 0.03, "endless": 0.5}
_CONTROL = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
_BOS, _END = 1, 4
_SPACE = "▁"  # how the vocabulary of SentencePiece writes one
_WIDTH, _FEED, _HEADS, _WINDOW = 64, 192, 4, 16_384
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_NORMAL, _UNKNOWN, _IS_CONTROL, _BYTE = 1, 2, 3, 6
_ALIGNMENT = 32

Value: TypeAlias = "str | bool | int | float | list[str] | array[int] | array[float]"


def make(folder: Path, kind: Kind) -> Path:
    """The file of this kind, written unless it is there. Its name changes with this module."""
    version = zlib.crc32(Path(__file__).read_bytes())
    path = folder / f"tiny-{kind}-{version:08x}.gguf"
    if not path.exists():
        unfinished = path.with_suffix(f".{random.SystemRandom().getrandbits(32):x}")
        unfinished.write_bytes(_gguf(_metadata(kind), _tensors(kind)))
        unfinished.replace(path)
    return path


def _vocabulary() -> list[tuple[str, int]]:
    """Tokens with their types. What is no word and no printable ASCII is told byte by byte."""
    control = [(token, _UNKNOWN if token == "<unk>" else _IS_CONTROL) for token in _CONTROL]
    encoded = [(f"<0x{value:02X}>", _BYTE) for value in range(256)]
    letters = [(_SPACE if value == 32 else chr(value), _NORMAL) for value in range(32, 127)]
    return control + encoded + letters + [(word, _NORMAL) for word in _words()]


def _words() -> list[str]:
    first, *others = SENTENCE.split()
    return [first, *(_SPACE + word for word in others)]


def _metadata(kind: Kind) -> dict[str, Value]:
    vocabulary = _vocabulary()
    return {
        "general.architecture": "llama",
        "general.name": f"tiny-{kind}",
        "llama.context_length": _WINDOW,
        "llama.embedding_length": _WIDTH,
        "llama.block_count": 1,
        "llama.feed_forward_length": _FEED,
        "llama.attention.head_count": _HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": _WIDTH // _HEADS,
        "llama.vocab_size": len(vocabulary),
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [token for token, _ in vocabulary],
        "tokenizer.ggml.scores": array("f", [0.0] * len(vocabulary)),
        "tokenizer.ggml.token_type": array("i", [type_of for _, type_of in vocabulary]),
        "tokenizer.ggml.bos_token_id": _BOS,
        "tokenizer.ggml.eos_token_id": _END,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.chat_template": _TEMPLATE,
    }


def _tensors(kind: Kind) -> dict[str, tuple[tuple[int, ...], array[float]]]:
    """Shapes (the innermost dimension first) and values. The block whispers, so that the last token decides."""
    rng = random.Random(1904)

    def noise(deviation: float, *shape: int) -> tuple[tuple[int, ...], array[float]]:
        count = shape[0] * shape[1]
        return shape, array("f", (rng.gauss(0, deviation) for _ in range(count)))

    ones = (_WIDTH,), array("f", [1.0] * _WIDTH)
    size = len(_vocabulary())
    embedding = noise(1.0, _WIDTH, size)
    return {
        "token_embd.weight": embedding,
        "output.weight": ((_WIDTH, size), _output(kind, size, embedding[1], rng)),
        "output_norm.weight": ones,
        "blk.0.attn_norm.weight": ones,
        "blk.0.ffn_norm.weight": ones,
        **{f"blk.0.attn_{name}.weight": noise(0.03, _WIDTH, _WIDTH) for name in ("q", "k", "v", "output")},
        "blk.0.ffn_gate.weight": noise(0.03, _WIDTH, _FEED),
        "blk.0.ffn_up.weight": noise(0.03, _WIDTH, _FEED),
        "blk.0.ffn_down.weight": noise(0.03, _FEED, _WIDTH),
    }


def _output(kind: Kind, size: int, embedding: array[float], rng: random.Random) -> array[float]:
    """A row for each token: the embedding of the one that it follows."""
    strength = _STRENGTH[kind]
    rows = array("f", (rng.gauss(0, 0.2 * strength) for _ in range(_WIDTH * size)))
    tokens = [token for token, _ in _vocabulary()]
    words = [tokens.index(word) for word in _words()]
    follows = {words[0]: [tokens.index("<0x0A>")], **{later: [earlier] for earlier, later in pairwise(words)}}
    follows.setdefault(words[0] if kind == "endless" else _END, []).append(words[-1])
    for token, before in follows.items():
        for n in range(_WIDTH):
            rows[token * _WIDTH + n] = strength * sum(embedding[one * _WIDTH + n] for one in before)
    return rows


# ---------------------------------------------------------------- the file
def _gguf(metadata: Mapping[str, Value], tensors: Mapping[str, tuple[tuple[int, ...], array[float]]]) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(_text(name) + _tagged(value) for name, value in metadata.items())
    data = b""
    for name, (shape, values) in tensors.items():
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
        data += _padded(_little_endian(values))
    return _padded(head) + data


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _tagged(value: Value) -> bytes:
    """A value after the number of its type; a list after that of its items, and how many there are."""
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + _text(value)
        case array():
            return struct.pack("<IIQ", 9, 5 if value.typecode == "i" else 6, len(value)) + _little_endian(value)
    return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_text, value))


def _little_endian(values: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":
        values = array(values.typecode, values)
        values.byteswap()
    return values.tobytes()


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
