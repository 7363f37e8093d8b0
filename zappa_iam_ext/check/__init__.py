"""Requirements against evidence: a verdict for each, and the Report of all. Pure."""

from __future__ import annotations

from zappa_iam_ext.check.judging import NOT_SEEN, check, judge, request_of
from zappa_iam_ext.check.model import (
    Blocker,
    CheckedRequirement,
    DeploymentPolicy,
    Evidence,
    EvidenceNote,
    Report,
    RoleReport,
    Verdict,
)
from zappa_iam_ext.check.sources import NO_SOURCES, Source, Sources
from zappa_iam_ext.check.subject import NO_FACTS, CredentialKind, Facts, Subject

__all__ = [
    "NOT_SEEN",
    "NO_FACTS",
    "NO_SOURCES",
    "Blocker",
    "CheckedRequirement",
    "CredentialKind",
    "DeploymentPolicy",
    "Evidence",
    "EvidenceNote",
    "Facts",
    "Report",
    "RoleReport",
    "Source",
    "Sources",
    "Subject",
    "Verdict",
    "check",
    "judge",
    "request_of",
]
