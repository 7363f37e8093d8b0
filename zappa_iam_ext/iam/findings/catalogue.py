"""Reads the catalogue of rules, ``catalogue.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from zappa_iam_ext.iam.findings.model import EscalationPath, Finding, Kind, Rule, Severity, StatementRef

ESCALATION = "privilege-escalation/"
PASS_ROLE = "iam:PassRole"  # noqa: S105  -- the name of an action


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """Return every rule by its id, in the order of the catalogue."""
    data = tomllib.loads((files(__package__) / "catalogue.toml").read_text(encoding="utf-8"))
    plain = [_rule(row) for row in data["rule"]]
    paths = [_escalation(row, data["reach"]) for row in data["escalation"]]
    return {rule.id: rule for rule in (*paths, *plain)}


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        id=row["id"],
        kind=Kind(row["kind"]),
        severities=tuple(map(Severity, row["severities"])),
        means=row["means"],
        why=row["why"],
        remediation=row["remediation"],
        source=row["source"],
    )


def _escalation(row: Mapping[str, Any], reaches: Mapping[str, Any]) -> Rule:
    reach = reaches[row["reach"]]
    passes = row.get("passes", "")
    severities = {breadth: Severity(name) for breadth, name in reach["severities"].items()}
    possible = {*severities.values(), *([Severity.NOTE] if passes else ())}
    return Rule(
        id=ESCALATION + row["id"],
        kind=Kind.SECURITY,
        severities=tuple(sorted(possible, key=lambda severity: -severity.rank)),
        means=row["means"],
        why=row.get("why", reach["why"]),
        remediation=row.get("remediation", reach["remediation"]),
        source=row["source"],
        path=EscalationPath(
            all=tuple(row["all"]),
            any=tuple(row.get("any", ())),
            passes=passes,
            subjects=(PASS_ROLE,) if passes else tuple(row["all"][:1] or row["any"]),
            severities=severities,
            context={key: value or None for key, value in row.get("context", {}).items()},
        ),
    )


def found(
    rule_id: str,
    statement: StatementRef,
    message: str,
    *,
    severity: Severity | None = None,
    actions: Iterable[str] = (),
    resources: Iterable[str] = (),
    also: Iterable[StatementRef] = (),
    hint: str = "",
) -> Finding:
    """Return a finding of a rule; without ``severity`` the rule's gravest, without ``hint`` its advice."""
    rule = rules()[rule_id]
    return Finding(
        id=rule_id,
        kind=rule.kind,
        severity=severity or rule.severities[0],
        statement=statement,
        message=message,
        actions=tuple(actions),
        resources=tuple(resources),
        also=tuple(also),
        hint=hint or rule.remediation,
    )
