"""From grants to documents: smallest, merged, split, shortened."""

from __future__ import annotations

from zappa_iam_ext.iam.synthesis.compaction import CompactResult, Widening, compact
from zappa_iam_ext.iam.synthesis.grants import Grant, synthesize
from zappa_iam_ext.iam.synthesis.packing import MANAGED_POLICY_LIMIT, merge, split

__all__ = [
    "MANAGED_POLICY_LIMIT",
    "CompactResult",
    "Grant",
    "Widening",
    "compact",
    "merge",
    "split",
    "synthesize",
]
