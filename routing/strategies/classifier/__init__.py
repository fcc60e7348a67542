"""The strategy that asks a cheap model what kind of work a request is, where that could change the decision."""

from __future__ import annotations

from routing.strategies.classifier.classifier import Classifier

__all__ = ["Classifier"]
