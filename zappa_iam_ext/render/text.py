"""Report to text for terminals and CI logs. Colour is the edge's business."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from zappa_iam_ext.check import CheckedRequirement, Report
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.model import Consequence

_TOLD = {
    Consequence.STOPS: "stops the command",
    Consequence.SILENT: "goes unnoticed",
    Consequence.HARMLESS: "harmless",
}


def plain(text: str) -> str:
    """Return text from outside (AWS, files) without control characters, so that it cannot steer a terminal."""
    return "".join(
        character for character in text if character == "\n" or unicodedata.category(character)[0] != "C"
    )


def summary(report: Report) -> str:
    """Return the one line that says how it stands."""
    who, total = _who(report), len(report.results)
    where = f"{report.function_name} ({', '.join(report.commands)})"
    if report.denied and not report.always_denied:
        return (
            f"{who} holds what {where} always needs, but lacks {len(report.denied)} of the {total} permissions: "
            "needed only the second time or after settings changed"
        )
    if report.denied:
        return f"{who} lacks {len(report.denied)} of the {total} permissions that {where} needs"
    if report.unknown:
        return f"{who} may hold the {total} permissions that {where} needs, but {len(report.unknown)} could not be decided"
    return f"{who} holds all {total} permissions that {where} needs"


def report_text(report: Report, *, fix: str = "") -> str:
    """Return the whole Report: every missing permission, why it is needed, and the command that fixes it."""
    lines = [summary(report) + ("." if not report.denied and not report.unknown else ":")]
    if report.always_denied:
        lines += ["", "Missing:", *_entries(report.always_denied)]
    if report.denied_at_times:
        lines += [
            "",
            "Missing, and needed only the second time or after settings changed:",
            *_entries(report.denied_at_times),
        ]
    if report.unknown:
        lines += ["", "Could not be decided:", *_entries(report.unknown)]
    if report.unreadable:
        lines += ["", "Could not be read:", *(f"  {plain(name)}" for name in report.unreadable)]
    if report.not_seen:
        lines += ["", "Not seen by this check: " + "; ".join(report.not_seen) + "."]
    if fix and report.denied:
        lines += ["", f"To fix it: {fix}"]
    return "\n".join(lines)


def _entries(results: Iterable[CheckedRequirement]) -> Iterable[str]:
    for result in results:
        requirement = result.requirement
        yield f"  {requirement.action}"
        yield f"      on {plain(requirement.resource)}" + _context(result)
        yield f"      {_why(result)}"


def _context(result: CheckedRequirement) -> str:
    restricted = [key for key in result.requirement.restrict if key in result.requirement.context]
    return "".join(f", {key} {_value(result.requirement.context[key])}" for key in restricted)


def _value(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " or ".join(value)


def _why(result: CheckedRequirement) -> str:
    requirement = result.requirement
    command = f"{requirement.call.command}: " if requirement.call and requirement.call.command else ""
    parts = [f"{command}{requirement.because}", _TOLD[requirement.consequence]]
    if requirement.symptom:
        parts[-1] += f" ({requirement.symptom})"
    if requirement.only_if:
        parts.append(f"needed {requirement.only_if.words}")
    if result.explicit:
        parts.append(f"denied explicitly by the {result.layer} policy")
    elif result.layer and result.layer is not Layer.IDENTITY:
        parts.append(f"blocked by the {result.layer}")
    if result.why:
        parts.append(plain(result.why))
    return "; ".join(parts)


def _who(report: Report) -> str:
    profile = f" (profile {plain(report.profile)})" if report.profile else ""
    return f"{plain(report.principal)}{profile}"
