"""What a trust policy lets in though IAM stores it: other tenants of the issuer, or nobody.

A token of a shared issuer is to be had by everybody who has an account there. What tells one tenant from another is
the claim; a pattern that leaves the tenant open trusts strangers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.statement import Effect, Statement
from zappa_iam_ext.iam.trust.accounts import of_accounts, unusable
from zappa_iam_ext.iam.trust.conditions import Fault, KeyTest, Openness, binding_tests, is_closed
from zappa_iam_ext.iam.trust.issuers import Family, Issuer, condition_keys, issuer_of, shared_issuer
from zappa_iam_ext.iam.trust.refusals import federated, lets_web_identities_in

_NEVER_SENT = frozenset({"aud", "iss"})
#: Keys that are in every request for a token's sake, whichever issuer it is of.
_OF_THE_CALL = frozenset({"sts:rolesessionname"})


def openness(document: PolicyDocument) -> Iterator[Openness]:
    """Yield how a trust policy that IAM stores is wider, or narrower, than it looks."""
    for index, statement in enumerate(document.statements):
        found = list(_of_statement(index, statement)) if statement.effect is Effect.ALLOW else []
        nobody = [each for each in found if each.fault is Fault.NOBODY]
        yield from (each for each in found if each not in nobody[1:])


def _of_statement(index: int, statement: Statement) -> Iterator[Openness]:
    yield from of_accounts(index, statement)
    if told := unusable(statement):
        yield Openness(index, Fault.NOBODY, told)
    if lets_web_identities_in(statement):
        for name in federated(statement):
            yield from _of_issuer(index, statement, issuer_of(name))


def _of_issuer(index: int, statement: Statement, issuer: str) -> Iterator[Openness]:
    row = shared_issuer(issuer)
    binding = tuple(test for test in binding_tests(statement, always=("sub", "aud"), prefix=f"{issuer}:"))
    own = [test for test in binding if test.claim]
    for test in binding:
        if told := _impossible(test) or _absent(test, issuer):
            yield Openness(index, Fault.NOBODY, told)
    identifying = [test for test in own if test.claim not in _NEVER_SENT or _is_tenant_claim(test, row)]
    narrow = [_width(test, row) for test in identifying]
    if not narrow or all(width is Fault.OPEN for width in narrow):
        yield Openness(index, Fault.OPEN, _open(issuer, identifying))
    elif None not in narrow:
        patterns = ", ".join(value for test in identifying for value in test.values)
        yield Openness(index, Fault.TENANT, f"{patterns} leaves open which tenant of {issuer} it is")
    audience = any(test.claim == "aud" and is_closed(test) for test in own)
    if not audience and (row is None or row.family is not Family.BUILTIN):
        yield Openness(index, Fault.AUDIENCE, f"{issuer}:aud is not tested: tokens made for others are taken")


def _impossible(test: KeyTest) -> str:
    if not test.claim:
        return ""
    if not test.values:
        return f"{test.key} is compared with no value: nobody fits"
    if test.literal and all("*" in value or "?" in value for value in test.values):
        return f"{test.operator.name} takes {test.values[0]} literally: no token has it (StringLike knows patterns)"
    return ""


def _absent(test: KeyTest, issuer: str) -> str:
    """Return why a key is in no request that a token of the issuer makes; empty when it may be there."""
    if test.claim:
        if test.claim in _OF_THE_CALL or test.claim in condition_keys(issuer):
            return ""
        return f"{test.key} is no condition key of AWS: it is in no request, so that nobody fits"
    prefix = test.key.rpartition(":")[0]
    return f"{test.key} is not in a request with a token of {issuer}: nobody fits" if "." in prefix else ""


def _width(test: KeyTest, row: Issuer | None) -> Fault | None:
    if test.literal:
        unnamed = [value for value in test.values if not _names_tenant(value, row, test.claim)]
        return Fault.TENANT if unnamed else None
    widths = [_pattern_width(value, row, test.claim) for value in test.values]
    return Fault.OPEN if Fault.OPEN in widths else next(filter(None, widths), None)


def _names_tenant(value: str, row: Issuer | None, claim: str) -> bool:
    """Say whether a subject without a pattern says whose it is: one that is customised may leave that out."""
    return row is None or not row.named or claim != "sub" or bool(re.search(row.named, value))


def _pattern_width(pattern: str, row: Issuer | None, claim: str) -> Fault | None:
    wild = min((pattern.find(mark) for mark in "*?" if mark in pattern), default=-1)
    if wild < 0:
        return None if _names_tenant(pattern, row, claim) else Fault.TENANT
    if not pattern.strip("*?"):
        return Fault.OPEN if "*" in pattern else Fault.TENANT
    if row is not None and row.tenant and claim in {"sub", "job_workflow_ref"}:
        return None if re.match(row.tenant, pattern) else Fault.TENANT
    return None if wild else Fault.TENANT


def _is_tenant_claim(test: KeyTest, row: Issuer | None) -> bool:
    return row is not None and test.key.lower() in {claim.lower() for claim in row.claims_of(row.issuer)}


def _open(issuer: str, tests: Sequence[KeyTest]) -> str:
    if not tests:
        return f"no claim of {issuer} is tested that tells one tenant from another: whoever gets a token there may assume the role"
    values = ", ".join(value for test in tests for value in test.values)
    return f"{values} fits every token of {issuer}: whoever gets one there may assume the role"
