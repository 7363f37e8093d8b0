"""``*`` and ``?``: matching, containment and overlap, exactly."""

from __future__ import annotations

from zappa_iam_ext.iam.patterns.classes import PatternTooComplex
from zappa_iam_ext.iam.patterns.containment import covers
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, is_pattern, text_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps

__all__ = ["Glob", "PatternTooComplex", "arn_glob", "covers", "is_pattern", "overlaps", "text_glob"]
