"""Report and Plan to JSON, for machines. The shape is versioned by ``schema_version``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from zappa_iam_ext.check import CheckedRequirement, Report

SCHEMA_VERSION = 1


def reports_json(reports: Sequence[Report], *, allow_unknown: bool = False) -> str:
    """Return one Report as a JSON document; several are listed under ``reports``."""
    entries = [_report(report, allow_unknown=allow_unknown) for report in reports]
    return dump(entries[0] if len(entries) == 1 else {"reports": entries})


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
        "exit_code": report.exit_code(allow_unknown=allow_unknown),
        "denied": len(report.denied),
        "unknown": len(report.unknown),
        "results": [_result(result) for result in report.results],
        "unreadable": list(report.unreadable),
        "not_seen": list(report.not_seen),
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
