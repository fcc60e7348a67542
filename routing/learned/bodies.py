"""Models as JSON and back. Long rows of numbers are base64 of little-endian single precision.

The readers raise ValueError, KeyError, TypeError or AttributeError for what is no model; `files` makes one sentence of
them. A model that they return can be scored: every row has its length, and every number is finite.
"""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Mapping
from math import isfinite
from typing import Any

from routing.learned.answer_shape import ANSWER_SHAPE
from routing.learned.evidence import Evidence, Own, Part
from routing.learned.grams import BUCKETS
from routing.learned.prior import Prior, Skill
from routing.learned.prompt_shape import PROMPT_SHAPE
from routing.learned.scoring import Logistic, Split, Standard, Trees

Body = Mapping[str, Any]

_BYTES = array("f").itemsize


def prior_body(prior: Prior) -> Body:
    return {
        "idf": _packed(prior.idf),
        **_standard_body(prior.standard),
        "length_weight": prior.length_weight,
        "skills": {
            model: {
                "wording": _logistic_body(skill.wording),
                "shape": _by_shape_body(skill.shape),
                "usual": skill.usual,
            }
            for model, skill in prior.skills.items()
        },
    }


def read_prior(body: Body, card: Mapping[str, object]) -> Prior:
    size = len(PROMPT_SHAPE)
    skills = {
        model: Skill(_logistic(skill["wording"], BUCKETS, size), _by_shape(skill["shape"]), _number(skill["usual"]))
        for model, skill in body["skills"].items()
    }
    return Prior(card, _row(body["idf"], BUCKETS), _standard(body, size), skills, _number(body["length_weight"]))


def evidence_body(evidence: Evidence) -> Body:
    return {
        "answer": _part_body(evidence.answer),
        "prompt": _part_body(evidence.prompt) if evidence.prompt else None,
        "own": {
            model: {**_standard_body(own.standard), "deviation": _logistic_body(own.deviation)}
            for model, own in evidence.own.items()
        },
    }


def read_evidence(body: Body, card: Mapping[str, object]) -> Evidence:
    size = len(ANSWER_SHAPE)
    own = {model: Own(_standard(own, size), _logistic(own["deviation"], 0, size)) for model, own in body["own"].items()}
    prompt = None if body["prompt"] is None else _part(body["prompt"], len(PROMPT_SHAPE))
    return Evidence(card, _part(body["answer"], size), prompt, own)


def _part_body(part: Part) -> Body:
    return {"idf": _packed(part.idf), **_standard_body(part.standard), "logistic": _logistic_body(part.logistic)}


def _part(body: Body, size: int) -> Part:
    return Part(_row(body["idf"], BUCKETS), _standard(body, size), _logistic(body["logistic"], BUCKETS, size))


def _standard_body(standard: Standard) -> Body:
    return {"mean": _packed(standard.mean), "sd": _packed(standard.sd)}


def _standard(body: Body, size: int) -> Standard:
    return Standard(_row(body["mean"], size), _row(body["sd"], size))


def _logistic_body(logistic: Logistic) -> Body:
    return {
        "intercept": logistic.intercept,
        "grams": _packed(logistic.grams),
        "shape": _packed(logistic.shape),
    }


def _logistic(body: Body, grams: int, size: int) -> Logistic:
    return Logistic(_number(body["intercept"]), _row(body["grams"], grams), _row(body["shape"], size))


def _by_shape_body(model: Trees | Logistic) -> Body:
    if isinstance(model, Logistic):
        return _logistic_body(model)
    return {"base": model.base, "trees": [_tree_body(tree) for tree in model.trees]}


def _by_shape(body: Body) -> Trees | Logistic:
    if "trees" in body:
        return Trees(_number(body["base"]), tuple(_tree(tree) for tree in body["trees"]))
    return _logistic(body, 0, len(PROMPT_SHAPE))


def _tree_body(node: Split | float) -> Any:
    if isinstance(node, Split):
        return [node.feature, node.threshold, _tree_body(node.below), _tree_body(node.above)]
    return node


def _tree(node: Any) -> Split | float:
    if not isinstance(node, list):
        return _number(node)
    feature, threshold, below, above = node
    if not isinstance(feature, int) or not 0 <= feature < len(PROMPT_SHAPE):
        raise ValueError("a split is at a number that a shape does not have")
    return Split(feature, _number(threshold), _tree(below), _tree(above))


def _number(value: Any) -> float:
    if not isinstance(value, float) or not isfinite(value):
        raise ValueError("a number is missing or not finite")
    return value


def _packed(numbers: array[float]) -> str:
    return base64.b64encode(_little_endian(numbers).tobytes()).decode("ascii")


def _row(text: str, size: int) -> array[float]:
    packed = base64.b64decode(text, validate=True)
    if len(packed) != size * _BYTES:
        raise ValueError("a row of numbers has another length")
    numbers = _little_endian(array("f", packed))
    if not all(map(isfinite, numbers)):
        raise ValueError("a number is not finite")
    return numbers


def _little_endian(numbers: array[float]) -> array[float]:
    """The same numbers, or on a machine of the other byte order their swapped copy."""
    if sys.byteorder == "little":
        return numbers
    swapped = numbers[:]
    swapped.byteswap()
    return swapped
