"""Findings on policy documents: more power than meant, words that do nothing, and style.

Pure: documents in, `Finding`s out. The rules are in ``catalogue.toml``; ``docs/findings.md`` is made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from zappa_iam_ext.iam.conditions.variables import VARIABLES_SINCE
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.findings.catalogue import found, rules
from zappa_iam_ext.iam.findings.effective import Breadth, Effective
from zappa_iam_ext.iam.findings.escalation import escalations
from zappa_iam_ext.iam.findings.ineffective import action_note, ineffective
from zappa_iam_ext.iam.findings.key_types import is_multivalued, mismatched_types
from zappa_iam_ext.iam.findings.model import Finding, Kind, Rule, Severity, StatementRef
from zappa_iam_ext.iam.findings.redundancy import redundancies
from zappa_iam_ext.iam.findings.trust import trust_findings
from zappa_iam_ext.iam.findings.unusable_arns import unusable_arns
from zappa_iam_ext.iam.findings.wildcards import wildcards
from zappa_iam_ext.iam.patterns.classes import allowance
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.iam.synthesis.grants import MANAGED_POLICY_LIMIT
from zappa_iam_ext.iam.trust import is_trust_policy

#: What the comparisons of patterns may cost together, and each (see `allowance`).
MAX_COST, MAX_COST_OF_ONE = 100_000, 10_000

Documents = PolicyDocument | str | bytes | Mapping[str, Any] | Iterable[Any]

__all__ = [
    "Breadth",
    "Finding",
    "Kind",
    "Rule",
    "Severity",
    "StatementRef",
    "action_note",
    "findings",
    "is_multivalued",
    "rules",
]


def findings(documents: Documents, *, boundary: Documents = ()) -> tuple[Finding, ...]:
    """Return what is to be said of a document, or of documents that one principal holds together.

    ``documents`` and ``boundary`` take documents, JSON text or JSON already read, one or several. A combination counts
    wherever its parts stand, as far as no Deny and no ``boundary`` stops it. A trust policy (statements with a principal
    and without a resource) is judged by rules of its own. In the order of the statements, the gravest first. Raises
    `InvalidPolicyDocument`.
    """
    read = _read(documents, PolicyKind.IDENTITY)
    places = [number for number, document in enumerate(read) if document.kind is not PolicyKind.TRUST]
    granted = _of_grants([read[number] for number in places], boundary) if places else ()
    placed = (_placed(finding, places) for finding in granted)
    return tuple(sorted((*_of_trusts(read), *placed), key=_order))


def _placed(finding: Finding, places: Sequence[int]) -> Finding:
    """Return the finding with the numbers that its documents have among all, trust policies included."""
    refs = [replace(ref, document=places[ref.document]) for ref in (finding.statement, *finding.also)]
    return replace(finding, statement=refs[0], also=tuple(refs[1:]))


def _of_trusts(documents: Sequence[PolicyDocument]) -> Iterator[Finding]:
    for number, document in enumerate(documents):
        if document.kind is PolicyKind.TRUST:
            yield from trust_findings(document, number)


def _of_grants(read: Sequence[PolicyDocument], boundary: Documents) -> list[Finding]:
    effective = Effective(read, _read(boundary, PolicyKind.BOUNDARY))
    with allowance(MAX_COST, MAX_COST_OF_ONE) as given:
        told = [
            *escalations(effective),
            *wildcards(effective),
            *ineffective(effective.statements),
            *mismatched_types(effective.statements),
            *unusable_arns(effective.statements),
            *redundancies(effective.statements),
            *_whole(read),
        ]
    if given.undecided:
        message = f"{given.undecided} comparisons of its patterns were given up"
        told.append(found("style/too-complex", StatementRef(0), message))
    return told


def _read(given: Any, kind: PolicyKind) -> Sequence[PolicyDocument]:
    several = (given,) if isinstance(given, PolicyDocument | str | bytes | Mapping) else given
    return tuple(
        PolicyDocument.parse(each, PolicyKind.TRUST if is_trust_policy(each) else kind, readable=False)
        for each in several
    )


def _whole(documents: Sequence[PolicyDocument]) -> Iterator[Finding]:
    for number, document in enumerate(documents):
        ref = StatementRef(number)
        if document.version != VARIABLES_SINCE:
            yield found("style/old-version", ref, f"the document is of version {document.version}")
        if document.size > MANAGED_POLICY_LIMIT:
            yield found("style/too-long", ref, f"the document has {document.size:,} characters")


def _order(finding: Finding) -> tuple[object, ...]:
    ref = finding.statement
    place = -1 if ref.index is None else ref.index
    return ref.document, place, -finding.severity.rank, finding.id, finding.message
