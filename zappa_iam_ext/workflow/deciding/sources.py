"""Where the documents of a check come from: policies that were read, or files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from zappa_iam_ext.aws.reading.model import HeldPolicy, PrincipalPolicies
from zappa_iam_ext.check import Source, Sources
from zappa_iam_ext.documents import read_text
from zappa_iam_ext.iam.positions import statement_lines


def held_sources(held: PrincipalPolicies) -> Sources:
    """Return the sources of ``held.policies``: of the text as IAM stores it, the lines."""
    own = [policy for layer in ("identity", "group") for policy in held.held if policy.layer == layer]
    boundary = [policy for policy in held.held if policy.layer == "boundary"]
    return Sources(
        tuple(Source(policy.source, _lines(policy)) for policy in own),
        tuple(Source(policy.arn, _lines(policy)) for policy in boundary),
    )


def file_sources(files: Iterable[tuple[Path, int]]) -> Sources:
    """Return the sources of the documents in files, of which each holds so many."""
    found: list[Source] = []
    for path, count in files:
        lines = statement_lines(read_text(path))
        found += [Source(str(path), lines[number] if number < len(lines) else ()) for number in range(count)]
    return Sources(tuple(found))


def _lines(policy: HeldPolicy) -> tuple[int, ...]:
    return statement_lines(policy.text)[0] if policy.text else ()
