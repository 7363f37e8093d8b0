"""One recorded AWS call: what was asked, what AWS checks for it, and what became of it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from zappa_iam_ext.permissions.model import Call, Confidence, OwnConsequence, Requirement
from zappa_iam_ext.permissions.tables.own_rows import own_call_rows

_SECRET = frozenset({"Variables", "CertificatePrivateKey", "certificatePrivateKey", "PrivateKey"})
_TEXT = 2000
_EVERYDAY = re.compile(r"NotFound|NoSuch|^404$|Conflict|AlreadyExists|AlreadyOwned|InUse|^ValidationError$")
"""The errors of the recorded calls, none of which is about a permission or a limit of the local AWS."""


#: Where Zappa calls our gate (``cli.py``, ``ZappaCLI.callback``).
GATE = "ZappaCLI.callback"


class Outcome(StrEnum):
    """What became of a call.

    ``denied``: our enforcement, from the two tables and the evaluator, refused it. ``denied by AWS``: the local
    AWS refused it by its own. ``failed``: another error (``NotFound`` is an everyday answer to Zappa).
    """

    OK = "ok"
    DENIED = "denied"
    DENIED_BY_AWS = "denied by AWS"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Checked:
    """One action on one resource that AWS checks for the call, and whether the policies allow it."""

    action: str
    resource: str
    allowed: bool = True
    dependent: bool = False
    confidence: Confidence = Confidence.DOCUMENTED


@dataclass(frozen=True, slots=True)
class Observation:
    """A call that the real Zappa made, with its outcome; ``error`` is AWS's code.

    ``known`` is False when the table of authorisations has no row for the operation. ``at`` names the functions of
    Zappa that led to the call, innermost first.
    """

    service: str
    operation: str
    region: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome = Outcome.OK
    error: str = ""
    checked: tuple[Checked, ...] = ()
    known: bool = True
    at: str = ""

    @property
    def call(self) -> Call:
        """The call in the words of the tables."""
        return Call(self.service, self.operation, self.parameters, region=self.region)

    @property
    def denied(self) -> bool:
        """Whether either enforcement refused it, and somebody minds: some questions of our gate may go unanswered."""
        return self.outcome in {Outcome.DENIED, Outcome.DENIED_BY_AWS} and not self._gate_can_do_without

    @property
    def _gate_can_do_without(self) -> bool:
        """Whether our gate asked, and a denial is harmless by the table of our own calls."""
        return self.at == GATE and any(
            (row.service, row.operation) == (self.service, self.operation)
            and row.on_denied is OwnConsequence.HARMLESS
            for row in own_call_rows()
        )

    @property
    def unjudged(self) -> bool:
        """Whether it was refused and AWS might not: no row knows it, or the two enforcements disagree."""
        allowed = all(item.allowed for item in self.checked)
        return self.denied and (not self.known or (self.outcome is Outcome.DENIED_BY_AWS and allowed))

    @property
    def unusual(self) -> bool:
        """Whether it failed with an error that is no everyday answer to Zappa (not there, there already, no change)."""
        return self.outcome is Outcome.FAILED and not _EVERYDAY.search(self.error)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "checked": [asdict(item) for item in self.checked]}


def read_observations(lines: Iterable[str]) -> Iterator[Observation]:
    """Yield the observations of JSON lines; a line cut short by the end of a process is passed over."""
    for line in lines:
        try:
            yield observation_from(json.loads(line))
        except (ValueError, TypeError, KeyError):
            continue


def observation_from(raw: Mapping[str, Any]) -> Observation:
    """Return the observation that `Observation.to_dict` wrote."""
    checked = tuple(_checked(item) for item in raw.get("checked", ()))
    return Observation(**{**raw, "outcome": Outcome(raw.get("outcome", "ok")), "checked": checked})


def _checked(raw: Mapping[str, Any]) -> Checked:
    return Checked(**{**raw, "confidence": Confidence(raw.get("confidence", Confidence.DOCUMENTED))})


def checked_from(requirement: Requirement, *, allowed: bool) -> Checked:
    """Return the `Checked` of a requirement that was judged."""
    return Checked(
        requirement.action, requirement.resource, allowed, requirement.dependent, requirement.confidence
    )


def jsonable(value: Any, key: str = "") -> Any:
    """Return parameters as JSON without what is secret or bulky: secrets are masked, bodies only counted."""
    if key in _SECRET:
        return {str(name): "***" for name in value} if isinstance(value, Mapping) else "***"
    if isinstance(value, Mapping):
        return {str(name): jsonable(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [jsonable(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        return value if len(value) <= _TEXT else f"<{len(value)} characters>"
    return value if isinstance(value, int | float | bool | None) else f"<{type(value).__name__}>"
