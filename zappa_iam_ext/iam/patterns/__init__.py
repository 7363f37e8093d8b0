"""``*`` and ``?``: matching, containment and overlap, exactly."""

from __future__ import annotations

from zappa_iam_ext.iam.patterns.glob import (
    Glob,
    PatternTooComplex,
    arn_glob,
    covers,
    is_pattern,
    overlaps,
    text_glob,
)

__all__ = ["Glob", "PatternTooComplex", "arn_glob", "covers", "is_pattern", "overlaps", "text_glob"]
