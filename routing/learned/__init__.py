"""What was learned from outcomes: which model gets a prompt right (`prior`), and whether an answer is (`evidence`).

Scoring is plain Python and takes about a millisecond. Training (`training`) needs the extra `pointsman[train]`, and
nothing that a chat runs through imports it.
"""

from __future__ import annotations
