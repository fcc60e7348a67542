"""What routing and confidence are worth on recorded outcomes, written into one document."""

from __future__ import annotations
