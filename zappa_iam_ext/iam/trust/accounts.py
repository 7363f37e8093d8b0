"""Trust in users and roles: a star that lets every account in, and actions that the principals cannot call. Pure.

IAM User Guide, "AWS JSON policy elements: Principal" (all principals), and "IAM roles": who calls which action of STS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zappa_iam_ext.iam.patterns.glob import text_glob
from zappa_iam_ext.iam.statement import Statement
from zappa_iam_ext.iam.trust.conditions import Fault, KeyTest, Openness, binding_tests, is_closed
from zappa_iam_ext.iam.trust.refusals import WEB_IDENTITY

_ASSUME, _SAML = "sts:AssumeRole", "sts:AssumeRoleWithSAML"
#: The actions that let somebody in; the others (sts:TagSession) only go with them.
_ENTERING = (_ASSUME, _SAML, WEB_IDENTITY)
#: What a caller cannot choose for itself (IAM User Guide, "AWS global condition context keys"). An external id is not
#: among them: it is no secret ("Access to AWS accounts owned by third parties").
_NARROWING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpcsourceip",
    }
)
_FAMILIES = frozenset({"text", "caseless", "like", "arn", "ip"})
_ALWAYS = frozenset({"aws:principalaccount", "aws:principalarn", "aws:userid"})
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_ACCOUNT_OF_ARN = 4


def of_accounts(index: int, statement: Statement) -> Iterator[Openness]:
    """Yield that every AWS account may assume the role, where the principal is a star and no condition narrows it."""
    named = statement.principals or {}
    if "*" not in named and "*" not in named.get("AWS", ()):
        return
    if _allows(statement, _ASSUME) and not any(map(_narrows, _tests(statement))):
        yield Openness(
            index, Fault.OPEN, "the principal is *: whoever has an account of AWS may assume the role"
        )


def unusable(statement: Statement) -> str:
    """Return why none of the principals can call an action of the statement; empty when one can."""
    entering = [action for action in _ENTERING if _allows(statement, action)]
    callers = dict(_callers(statement.principals or {}))
    if not entering or not callers or any(action in entering for action in callers.values()):
        return ""
    wanted = " or ".join(sorted(set(callers.values())))
    return f"{', '.join(callers)} cannot call {', '.join(entering)}, only {wanted}: nobody fits"


def _callers(principals: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Yield each kind of principal with the action by which it assumes a role."""
    for kind, names in principals.items():
        for name in names:
            if kind != "Federated":
                yield ("everybody" if kind == "*" else kind), _ASSUME
            elif ":saml-provider/" in name:
                yield "a SAML provider", _SAML
            else:
                yield "an identity provider", WEB_IDENTITY


def _allows(statement: Statement, action: str) -> bool:
    if statement.not_actions:
        return not any(_fits(pattern, action) for pattern in statement.not_actions)
    return any(_fits(pattern, action) for pattern in statement.actions)


def _fits(pattern: str, action: str) -> bool:
    return text_glob(pattern.lower()).matches(action.lower())


def _tests(statement: Statement) -> Iterator[KeyTest]:
    return binding_tests(statement, always=_ALWAYS, families=_FAMILIES)


def _narrows(test: KeyTest) -> bool:
    key = test.key.lower()
    if key not in _NARROWING or not test.values or not is_closed(test):
        return False
    if key in {"aws:principalarn", "aws:sourcearn"} and not test.literal:
        return all(_names_account(value) for value in test.values)
    return not _EVERYWHERE & set(test.values)


def _names_account(arn: str) -> bool:
    parts = arn.split(":")
    return len(parts) > _ACCOUNT_OF_ARN and parts[_ACCOUNT_OF_ARN].isdigit()
