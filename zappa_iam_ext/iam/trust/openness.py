"""What a trust policy lets in though IAM stores it: other tenants of the issuer, or nobody.

A token of a shared issuer is to be had by everybody who has an account there. What tells one tenant from another is
the claim; a pattern that leaves the tenant open trusts strangers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.iam.conditions.operators import Operator, Qualifier, parse_operator
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.statement import Statement
from zappa_iam_ext.iam.trust.issuers import Family, Issuer, issuer_of, shared_issuer
from zappa_iam_ext.iam.trust.refusals import federated, lets_web_identities_in

_NEVER_SENT = frozenset({"aud", "iss"})


class Fault(StrEnum):
    """What is wrong with a statement that IAM stores."""

    OPEN = "open"
    TENANT = "tenant"
    NOBODY = "nobody"
    AUDIENCE = "audience"


@dataclass(frozen=True, slots=True)
class Openness:
    """A statement of a trust policy that lets in others than meant: ``told`` says how."""

    index: int
    fault: Fault
    told: str


@dataclass(frozen=True, slots=True)
class _Test:
    """One key of a condition, with its operator: the claim's name and what it is compared with."""

    operator: Operator
    key: str
    claim: str
    values: tuple[str, ...]

    @property
    def literal(self) -> bool:
        return self.operator.family in {"text", "caseless"}


def openness(document: PolicyDocument) -> Iterator[Openness]:
    """Yield how a trust policy that IAM stores is wider, or narrower, than it looks."""
    for index, statement in enumerate(document.statements):
        if lets_web_identities_in(statement):
            for name in federated(statement):
                yield from _of_issuer(index, statement, issuer_of(name))


def _of_issuer(index: int, statement: Statement, issuer: str) -> Iterator[Openness]:
    row = shared_issuer(issuer)
    tests = tuple(_tests(statement, issuer))
    binding = [test for test in tests if _binds(test)]
    for test in binding:
        if told := _impossible(test):
            yield Openness(index, Fault.NOBODY, told)
    identifying = [test for test in binding if test.claim not in _NEVER_SENT or _is_tenant_claim(test, row)]
    narrow = [_width(test, row) for test in identifying]
    if not narrow or all(width is Fault.OPEN for width in narrow):
        yield Openness(index, Fault.OPEN, _open(issuer, identifying))
    elif None not in narrow:
        patterns = ", ".join(value for test in identifying for value in test.values)
        yield Openness(index, Fault.TENANT, f"{patterns} leaves open which tenant of {issuer} it is")
    if not any(test.claim == "aud" for test in binding) and (row is None or row.family is not Family.BUILTIN):
        yield Openness(index, Fault.AUDIENCE, f"{issuer}:aud is not tested: tokens made for others are taken")


def _tests(statement: Statement, issuer: str) -> Iterator[_Test]:
    prefix = f"{issuer}:".lower()
    for name, tests in statement.condition.items():
        operator = parse_operator(name)
        for key, values in tests.items():
            if operator is not None and key.lower().startswith(prefix):
                yield _Test(operator, key, key[len(prefix) :].lower(), tuple(values))
            elif operator is not None and key.lower() == "sts:rolesessionname":
                yield _Test(operator, key, key.lower(), tuple(values))


def _binds(test: _Test) -> bool:
    """Say whether a test keeps out a token that lacks the claim or has another value.

    ``ForAllValues`` holds without the claim; a subject is in every token (OpenID Connect Core, 2).
    """
    operator = test.operator
    if operator.negated or operator.if_exists or operator.family not in {"text", "caseless", "like"}:
        return False
    return operator.qualifier is not Qualifier.ALL or test.claim in {"sub", "aud"}


def _impossible(test: _Test) -> str:
    if not test.values:
        return f"{test.key} is compared with no value: nobody fits"
    if test.literal and all("*" in value or "?" in value for value in test.values):
        return f"{test.operator.name} takes {test.values[0]} literally: no token has it (StringLike knows patterns)"
    return ""


def _width(test: _Test, row: Issuer | None) -> Fault | None:
    if test.literal:
        return None
    widths = [_pattern_width(value, row, test.claim) for value in test.values]
    return Fault.OPEN if Fault.OPEN in widths else next(filter(None, widths), None)


def _pattern_width(pattern: str, row: Issuer | None, claim: str) -> Fault | None:
    wild = min((pattern.find(mark) for mark in "*?" if mark in pattern), default=-1)
    if wild < 0:
        return None
    if not pattern.strip("*?"):
        return Fault.OPEN if "*" in pattern else Fault.TENANT
    if row is not None and row.tenant and claim in {"sub", "job_workflow_ref"}:
        return None if re.match(row.tenant, pattern) else Fault.TENANT
    return None if wild else Fault.TENANT


def _is_tenant_claim(test: _Test, row: Issuer | None) -> bool:
    return row is not None and test.key.lower() in {claim.lower() for claim in row.claims_of(row.issuer)}


def _open(issuer: str, tests: Sequence[_Test]) -> str:
    if not tests:
        return f"no claim of {issuer} is tested that tells one tenant from another: whoever gets a token there may assume the role"
    values = ", ".join(value for test in tests for value in test.values)
    return f"{values} fits every token of {issuer}: whoever gets one there may assume the role"
