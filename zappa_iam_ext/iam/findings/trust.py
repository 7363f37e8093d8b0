"""Findings on the trust policy of a role: whether IAM stores it, and whom it lets in."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.findings.catalogue import found
from zappa_iam_ext.iam.findings.model import Finding, StatementRef
from zappa_iam_ext.iam.trust import Fault, openness, refusals

_RULES = {
    Fault.OPEN: "trust/open-to-all",
    Fault.TENANT: "trust/open-tenant",
    Fault.NOBODY: "trust/matches-nobody",
    Fault.AUDIENCE: "trust/no-audience",
}


def trust_findings(document: PolicyDocument, number: int = 0) -> Iterator[Finding]:
    """Yield what is to be said of a trust policy; of a statement that IAM refuses nothing else is said."""
    refused = set()
    for refusal in refusals(document):
        refused.add(refusal.index)
        yield found("trust/refused-by-aws", _ref(document, number, refusal.index), refusal.message)
    for open_statement in openness(document):
        if open_statement.index not in refused:
            ref = _ref(document, number, open_statement.index)
            yield found(_RULES[open_statement.fault], ref, open_statement.told)


def _ref(document: PolicyDocument, number: int, index: int) -> StatementRef:
    return StatementRef(number, index, document.statements[index].sid)
