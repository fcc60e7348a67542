"""How well a router routes and a confidence knows: offline, on outcomes that are already there.

All but the data sets, `rated` and `traffic` needs the extra `pointsman[train]`, so nothing that a chat runs through
imports it.
"""

from __future__ import annotations
