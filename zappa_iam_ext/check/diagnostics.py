"""What a look at everything once finds: one line for each thing. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.errors import ExitCode, worst


class Standing(StrEnum):
    """How it stands with one thing. A ``warning`` stops nothing; ``denied`` is what policies do not allow."""

    OK = "ok"
    WARNING = "warning"
    DENIED = "denied"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


_CODES = {
    Standing.DENIED: ExitCode.DENIED,
    Standing.PROBLEM: ExitCode.COULD_NOT_RUN,
    Standing.UNKNOWN: ExitCode.CANNOT_TELL,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is, how it stands, in words, and what mends it; ``stage`` where it is one's."""

    subject: str
    standing: Standing
    told: str
    fix: str = ""
    stage: str = ""


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """Return the code of all together: 0 nothing is in the way, 1 denied, 2 a problem, 3 cannot tell."""
    return worst(_CODES.get(finding.standing, ExitCode.OK) for finding in findings)
