"""Report and Plan to JSON, for machines. The shape is versioned by ``schema_version``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from zappa_iam_ext.check import Blocker, CheckedRequirement, DeploymentPolicy, Report, RoleReport, Subject
from zappa_iam_ext.check.grouping import standing
from zappa_iam_ext.render.report.failed import NotChecked
from zappa_iam_ext.roles.execution_trust import ServiceTrust

SCHEMA_VERSION = 1


def reports_json(
    reports: Sequence[Report],
    failed: Sequence[NotChecked] = (),
    *,
    as_list: bool = False,
    allow_unknown: bool = False,
) -> str:
    """Return one Report as a JSON document; with ``as_list``, and of several, ``reports`` and the ``errors`` of the others."""
    entries = [_report(report, allow_unknown=allow_unknown) for report in reports]
    if len(entries) == 1 and not failed and not as_list:
        return dump(entries[0])
    errors = [
        {"stage": item.stage, "message": item.message, "hint": item.hint or None, "exit_code": item.exit_code}
        for item in failed
    ]
    return dump({"reports": entries, "errors": errors})


def dump(document: dict[str, Any]) -> str:
    """Return a document as indented JSON with its ``schema_version`` first."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **document}, indent=2, ensure_ascii=False)


def _report(report: Report, *, allow_unknown: bool) -> dict[str, Any]:
    return {
        "stage": report.stage,
        "function_name": report.function_name,
        "region": report.region,
        "zappa_version": report.zappa_version,
        "commands": list(report.commands),
        "principal": report.principal,
        "profile": report.profile or None,
        "subject": _subject(report.subject) if report.subject else None,
        "deployment_policy": _policy(report.deployment_policy) if report.deployment_policy else None,
        "execution_role": role_entry(report.role) if report.role else None,
        "standing": str(standing(report)),
        "exit_code": report.exit_code(allow_unknown=allow_unknown),
        "denied": len(report.denied),
        "unknown": len(report.unknown),
        "results": [_result(result) for result in report.results],
        "unreadable": list(report.unreadable),
        "not_seen": list(report.not_seen),
        "evidence": [{"evidence": str(note.evidence), "told": note.told or None} for note in report.evidence],
    }


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "kind": str(subject.kind),
        "source": subject.source or None,
        "profile": subject.profile or None,
        "account": subject.account,
        "alias": subject.alias or None,
        "partition": subject.partition,
        "region": subject.region,
        "warnings": list(subject.warnings),
    }


def _policy(policy: DeploymentPolicy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "exists": policy.exists,
        "arn": policy.arn or None,
        "attached": policy.attached or None,
        "version": policy.version or None,
        "zappa_version": policy.zappa_version or None,
        "stages": list(policy.stages),
        "lacking": policy.lacking,
        "surplus": policy.surplus,
    }


def role_entry(role: RoleReport) -> dict[str, Any]:
    """Return the execution role as a JSON object."""
    return {
        "name": role.name,
        "arn": role.arn,
        "exists": role.exists,
        "managed": role.managed,
        "refused": role.refused,
        "exit_code": role.exit_code(),
        "fault": role.fault or None,
        "passable": str(role.passable) if role.passable else None,
        "trust": None if role.trust is None else [_trust(each) for each in role.trust],
        "results": [
            {**_result(result), "used_by": str(result.requirement.used_by or "") or None}
            for result in role.results
        ],
        "full_access": list(role.wide),
        "unique_id": role.unique_id or None,
        "boundary": role.boundary or None,
        "unreadable": list(role.unreadable),
        "evidence": [{"evidence": str(note.evidence), "told": note.told or None} for note in role.evidence],
    }


def _trust(service: ServiceTrust) -> dict[str, Any]:
    return {
        "service": service.service,
        "needed": service.needed,
        "decision": str(service.decision),
        "symptom": service.symptom or None,
        "because": service.because or None,
    }


def _blocker(blocker: Blocker) -> dict[str, Any]:
    return {
        "layer": str(blocker.layer),
        "explicit": blocker.explicit,
        "policy": blocker.policy or None,
        "statement": blocker.statement or None,
        "line": blocker.line or None,
    }


def _result(result: CheckedRequirement) -> dict[str, Any]:
    requirement = result.requirement
    call = requirement.call
    return {
        "action": requirement.action,
        "resource": requirement.resource,
        "context": {
            key: value if isinstance(value, str) else list(value)
            for key, value in requirement.context.items()
        },
        "verdict": str(result.verdict),
        "evidence": str(result.evidence),
        "layer": result.layer or None,
        "explicit": result.explicit,
        "why": result.why or None,
        "blocker": _blocker(result.blocker) if result.blocker else None,
        "because": requirement.because,
        "consequence": str(requirement.consequence),
        "symptom": requirement.symptom or None,
        "command": call.command if call else None,
        "call": f"{call.service}:{call.operation}" if call else None,
        "setting": (call.setting or None) if call else None,
        "source": requirement.source,
        "confidence": str(requirement.confidence),
        "dependent": requirement.dependent,
        "only_if": str(requirement.only_if) if requirement.only_if else None,
    }
