"""Findings on documents as items for the formats of others. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.iam.findings import Finding, Severity, rules
from zappa_iam_ext.render.findings import LintResult
from zappa_iam_ext.render.formats.model import Item, Level, Place, Rule, Summary
from zappa_iam_ext.render.links import finding_url

LEVELS = {Severity.ERROR: Level.ERROR, Severity.WARNING: Level.WARNING, Severity.NOTE: Level.NOTE}


def summary(group: LintResult) -> Summary:
    """Return how the documents that were judged together stand."""
    graver = [finding for finding in group.findings if finding.severity is not Severity.NOTE]
    count = len(group.findings)
    found = f"{count} finding{'' if count == 1 else 's'}" if count else "no findings"
    level = max((finding.severity for finding in graver), key=lambda found: found.rank, default=Severity.NOTE)
    name = suite(group)
    return Summary(f"{name}: {found}", not graver, LEVELS[level], suite=name)


def suite(group: LintResult) -> str:
    """Return the name of the documents that were judged together."""
    return ", ".join(dict.fromkeys(group.sources)) or "no document"


def items(group: LintResult) -> Iterator[Item]:
    """Yield an item for each finding."""
    for finding in group.findings:
        yield _item(group, finding)


def _item(group: LintResult, finding: Finding) -> Item:
    ref, source = finding.statement, group.source(finding.statement)
    return Item(
        rule=_rule(finding),
        name=str(ref),
        message=finding.message,
        hint=finding.hint,
        level=LEVELS[finding.severity],
        suite=suite(group),
        case=f"{source}: {ref}: {finding.id}",
        place=Place(source, group.line(ref)) if group.is_file else Place(),
        logical=str(ref),
        key=(source, ref.sid or str(ref.index), *finding.actions, *finding.resources),
    )


def _rule(finding: Finding) -> Rule:
    rule = rules()[finding.id]
    return Rule(
        rule.id,
        rule.means,
        f"{rule.why} {rule.remediation}",
        LEVELS[rule.severities[0]],
        (str(rule.kind),),
        finding_url(rule.id),
    )
