"""Whether a denial stands in what a function printed: its paths, its log's lines, the words of Zappa's handler. Pure."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import replace

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.text import places
from zappa_iam_ext.permissions.denials.wordings.services import action_of

_LOG = 3000
"""Characters around a denial in which a function's log tells that it is one (AWS Lambda Developer Guide: log format)."""
_FUNCTION = (
    "/var/task/",
    "/var/runtime/",
    "START RequestId: ",
    "END RequestId: ",
    "REPORT RequestId: ",
    "LAMBDA_WARNING",
)
#: What Zappa prints in the function before AWS's answer (zappa handler.py: LambdaHandler.load_remote_settings).
_HANDLER = re.compile(r"Could\s+not\s+load\s+remote\s+settings\s+file")


def function_places(text: str) -> Sequence[int]:
    """Return where a text shows that a function printed it, in order."""
    return sorted([*places(text, _FUNCTION), *(match.start() for match in _HANDLER.finditer(text))])


def in_function(denial: Denial, functions: Sequence[int], start: int) -> bool:
    """Say whether a role's session was denied inside a function: its paths or its log's lines stand around.

    A denial without its principal (``An error occurred (AccessDenied) when calling ...``) is that of whoever called.
    """
    session = ":assumed-role/" in denial.principal and not denial.principal.endswith("/AWSCloudFormation")
    unnamed = not denial.principal and bool(denial.operation) and denial.layer in {"", "identity"}
    if not (session or unnamed):
        return False
    at = bisect.bisect_left(functions, start - _LOG)
    return at < len(functions) and functions[at] <= start + _LOG


def of_function(denial: Denial) -> Denial:
    """Return the denial of a function's own role; a call of the function asks for the action of its name."""
    return replace(denial, by_role=True, action=denial.action or action_of(denial.operation))
