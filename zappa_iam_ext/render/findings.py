"""Findings to text, JSON and GitHub annotations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.iam.findings import Finding, Severity, StatementRef
from zappa_iam_ext.render.github import data, property_value
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.links import finding_url
from zappa_iam_ext.render.text import plain

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


@dataclass(frozen=True, slots=True)
class LintResult:
    """What was found in documents that were judged together.

    ``sources`` names each document (a file, a policy of a user) and ``lines`` holds the line of each of its statements,
    as far as they are known. ``is_file`` says that the sources are paths.
    """

    sources: tuple[str, ...]
    findings: tuple[Finding, ...]
    lines: tuple[tuple[int, ...], ...] = ()
    is_file: bool = False

    def source(self, ref: StatementRef) -> str:
        """Return the name of the document of a statement."""
        return self.sources[ref.document]

    def line(self, ref: StatementRef) -> int:
        """Return the line of a statement, 1 when it is not known."""
        known = self.lines[ref.document] if ref.document < len(self.lines) else ()
        return known[ref.index] if ref.index is not None and ref.index < len(known) else 1


def findings_text(results: Sequence[LintResult]) -> str:
    """Return the findings by source, each with what it means, what to do and where it is explained; a line that counts them last."""
    lines: list[str] = []
    for group in results:
        for finding in group.findings:
            lines += _entry(group, finding)
    counts = [
        (severity, sum(f.severity is severity for g in results for f in g.findings)) for severity in Severity
    ]
    told = ", ".join(f"{count} {severity}{'s' if count > 1 else ''}" for severity, count in counts if count)
    return "\n".join([*lines, f"{told}." if told else "No findings."])


def _entry(group: LintResult, finding: Finding) -> Iterator[str]:
    place = _line(group.source(finding.statement))
    if group.is_file:
        place += f":{group.line(finding.statement)}"
    yield f"{place}: {finding.severity}: {finding.statement}: {_line(finding.message)} [{finding.id}]"
    if finding.also:
        yield f"    together with {', '.join(_other(group, finding, ref) for ref in finding.also)}"
    yield f"    {_line(finding.hint)}"
    yield f"    {finding_url(finding.id)}"


def _other(group: LintResult, finding: Finding, ref: StatementRef) -> str:
    where = "" if ref.document == finding.statement.document else f" of {group.source(ref)}"
    return _line(f"{ref}{where}")


def _line(text: str) -> str:
    return plain(text).replace("\n", " ")


def findings_json(results: Sequence[LintResult]) -> str:
    """Return the findings as one JSON document."""
    entries = [_json(group, finding) for group in results for finding in group.findings]
    return dump({"sources": [source for group in results for source in group.sources], "findings": entries})


def _json(group: LintResult, finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "kind": str(finding.kind),
        "severity": str(finding.severity),
        "source": group.source(finding.statement),
        "line": group.line(finding.statement) if group.is_file else None,
        "statement": _reference(finding.statement),
        "message": finding.message,
        "actions": list(finding.actions),
        "resources": list(finding.resources),
        "also": [{"source": group.source(ref), **_reference(ref)} for ref in finding.also],
        "hint": finding.hint,
        "url": finding_url(finding.id),
    }


def _reference(ref: StatementRef) -> dict[str, Any]:
    return {"index": ref.index, "sid": ref.sid or None}


def findings_github(results: Sequence[LintResult]) -> str:
    """Return the findings as workflow commands of GitHub Actions (GitHub Docs, Workflow commands)."""
    return "\n".join(_annotation(group, finding) for group in results for finding in group.findings)


def _annotation(group: LintResult, finding: Finding) -> str:
    place = f"file={property_value(group.source(finding.statement))},line={group.line(finding.statement)},"
    message = data(f"{finding.statement}: {finding.message}\n{finding.hint}")
    where = place if group.is_file else ""
    return f"::{_LEVELS[finding.severity]} {where}title={property_value(finding.id)}::{message}"
