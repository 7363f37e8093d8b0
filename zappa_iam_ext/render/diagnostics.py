"""What a look at everything found, a line each, with what mends it. Strings out, no decisions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from zappa_iam_ext.check.diagnostics import Finding, Standing, exit_code
from zappa_iam_ext.render.layout.style import Mark, Style
from zappa_iam_ext.render.text import columns, line, padded, plain, wrapped

_MARKS: Mapping[Standing, Mark] = {
    Standing.OK: Mark.YES,
    Standing.WARNING: Mark.WARNING,
    Standing.DENIED: Mark.NO,
    Standing.PROBLEM: Mark.NO,
    Standing.UNKNOWN: Mark.UNKNOWN,
}


def diagnostics_text(findings: Sequence[Finding], style: Style) -> str:
    """Return the findings, those of a stage under its name; below a line stands what mends it, to be pasted whole."""
    names = max((columns(finding.subject) for finding in findings), default=0)
    marks = max(columns(style.mark(mark)) for mark in _MARKS.values())
    lines: list[str] = []
    for stage, found in groupby(findings, key=lambda finding: finding.stage):
        lines += ["", style.bold(line(stage))] if stage and lines else []
        for finding in found:
            lines += _lines(finding, style, marks, names)
    return "\n".join(lines)


def _lines(finding: Finding, style: Style, marks: int, names: int) -> Iterator[str]:
    mark = _MARKS[finding.standing]
    sign = style.mark(mark)
    lead = f"{sign}{' ' * (marks - columns(sign))} {padded(finding.subject, names)}  "
    rest = " " * columns(lead)
    first, *more = wrapped(line(finding.told), style.columns, first=lead, rest=rest)
    yield style.painted(sign, mark) + first[len(sign) :]
    yield from more
    indent = " " * (marks + 1)
    for fix in plain(finding.fix).splitlines():
        yield f"{indent}{style.bold('->')} {fix}"


def diagnostics_json(findings: Sequence[Finding]) -> str:
    """Return the findings as one JSON document."""
    told = {
        "schema_version": 1,
        "exit_code": int(exit_code(findings)),
        "findings": [
            {
                "stage": finding.stage or None,
                "subject": finding.subject,
                "standing": str(finding.standing),
                "told": line(finding.told),
                "fix": plain(finding.fix) or None,
            }
            for finding in findings
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)
