"""What somebody asks of models: prompts out of a history or an export, what they are, what they need and cost.

Needs no extra: everything here is plain Python.
"""

from __future__ import annotations
