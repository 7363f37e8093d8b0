"""Requirements to the least-privilege document: what each statement is for, and which conditions it demands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.synthesis.grants import Grant, synthesize
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.tables.own_rows import own_call_rows
from zappa_iam_ext.permissions.tables.rows import call_rows
from zappa_iam_ext.permissions.tables.statement_names import with_names

#: What actions are for, by their service prefix.
_PURPOSES = {
    "acm": "ImportCertificate",
    "apigateway": "ManageApi",
    "cloudformation": "ManageApiStack",
    "cloudfront": "ManageDomain",
    "cloudwatch": "ReadMetrics",
    "cognito-idp": "ManageUserPoolTriggers",
    "dynamodb": "ManageAsyncTable",
    "ec2": "DescribeNetwork",
    "ecr": "PullImage",
    "elasticfilesystem": "ManageFileSystem",
    "elasticloadbalancing": "ManageLoadBalancer",
    "events": "ScheduleEvents",
    "iam": "ManageExecutionRole",
    "kms": "EncryptEnvironment",
    "lambda": "ManageFunction",
    "logs": "ReadLogs",
    "route53": "ManageDomain",
    "s3": "UploadPackage",
    "sns": "ManageTopics",
}
_BY_ACTION = {
    "iam:PassRole": "PassExecutionRole",
    "iam:CreateServiceLinkedRole": "CreateServiceLinkedRole",
    "s3:GetBucketNotification": "NotifyFunction",
    "s3:PutBucketNotification": "NotifyFunction",
}
#: The purposes that only keep actions together: the statements that come of them are named by what they hold.
_NAMED_ANEW = frozenset({*_PURPOSES.values(), *_BY_ACTION.values()})
#: Keys that narrow a grant where AWS sends them, and must not void it where it does not. Their values are always known:
#: a star is the principal ``*``, no wildcard.
_IF_EXISTS = frozenset({"lambda:Principal"})


def deployment_policy(requirements: Iterable[Requirement], extra: Sequence[Grant] = ()) -> PolicyDocument:
    """Return the document that allows exactly these requirements, and ``extra`` grants.

    What a requirement names under ``restrict`` becomes a condition; values that differ between requirements
    of the same action and resource are joined (``iam:PassedToService``). Statements stand in a stable order.
    """
    joined: dict[tuple[str, str, tuple[str, ...]], list[Requirement]] = {}
    for requirement in requirements:
        restrict = tuple(sorted(key for key in requirement.restrict if key in requirement.context))
        joined.setdefault((requirement.action, requirement.resource, restrict), []).append(requirement)
    grants = [
        Grant(action, resource, condition_of(restrict, group), purpose_of(action))
        for (action, resource, restrict), group in joined.items()
    ]
    found = synthesize([*grants, *extra])
    return replace(found, statements=with_names(found.statements, _NAMED_ANEW))


def purpose_of(action: str) -> str:
    """Return what an action is for: those of one purpose may share a statement."""
    service = action.partition(":")[0]
    named = _BY_ACTION.get(action) or _own_purposes().get(action) or _PURPOSES.get(service)
    return named or service.replace("-", "").title()


@lru_cache(maxsize=1)
def _own_purposes() -> Mapping[str, str]:
    """Return the purposes of the actions that we ask for and Zappa does not."""
    zappas = {(row.service, row.operation) for row in call_rows()}
    purposes: dict[str, str] = {}
    for row in own_call_rows():
        if row.purpose and (row.service, row.operation) not in zappas:
            purposes.setdefault(f"{row.service}:{row.operation}", row.purpose)
    return purposes


def condition_of(
    restrict: Sequence[str], group: Sequence[Requirement]
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the condition that demands these keys, each with the values that any of the requirements carries."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for key in restrict:
        values = sorted({value for requirement in group for value in _values(requirement, key)})
        many = any(not isinstance(requirement.context[key], str) for requirement in group)
        operator = _operator(key, values, many=many)
        found.setdefault(operator, {})[key] = tuple(values)
    return found


def _values(requirement: Requirement, key: str) -> tuple[str, ...]:
    value = requirement.context[key]
    return (value,) if isinstance(value, str) else value


def _operator(key: str, values: Sequence[str], *, many: bool) -> str:
    if key in _IF_EXISTS:
        return "StringEqualsIfExists"
    if any(value.startswith("arn:") for value in values):
        name = "ArnLike"
    else:
        name = "StringLike" if any("*" in value or "?" in value for value in values) else "StringEquals"
    return f"ForAllValues:{name}" if many else name
