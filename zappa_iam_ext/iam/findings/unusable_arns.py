"""ARNs and account ids that name nothing: accounts that are none, placeholders left in, ARNs of several partitions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from zappa_iam_ext.iam.findings.catalogue import found
from zappa_iam_ext.iam.findings.located_statements import LocatedStatement
from zappa_iam_ext.iam.findings.model import Finding, Severity, StatementRef
from zappa_iam_ext.iam.patterns.glob import is_pattern
from zappa_iam_ext.iam.patterns.tokens import ARN_PARTS

#: Text that no name of AWS's holds: ``<ACCOUNT_ID>``, ``{{account}}``, ``${AccountId}``, ``${AWS::AccountId}``. A policy
#: variable has a prefix and one colon; ``${*}``, ``${?}`` and ``${$}`` are characters (IAM User Guide, Variables and tags).
_PLACEHOLDER = re.compile(
    r"<[A-Za-z][^<>]*>|\{\{[^{}]*\}\}|\$\{(?:(?![*?$]\})[^{}:]*|AWS::[^{}]*)\}|(?<!\$)\{[A-Za-z_][\w .-]*\}"
)
#: Text that may be a name, and hardly is: ``YOUR-ACCOUNT``, ``ACCOUNT_ID``, ``[REGION]``, ``your-bucket``.
_LIKELY = re.compile(
    r"\b(?:YOUR|REPLACE|CHANGE|INSERT|ENTER)[-_][A-Z0-9_-]+|\bCHANGEME\b|\b(?:AWS[-_])?ACCOUNT[-_](?:ID|NUMBER)\b"
    r"|\[[A-Z][A-Z0-9_ -]+\]|\b[Yy]our[-_]?(?:account|bucket|region|role|user|function|table|queue|topic|key)\b"
)
#: What stands in the place of a region or an account when a placeholder was left in.
_IN_PLACE = re.compile(
    r"account|region|your|number|replace|change|x{4,}|(?-i:^[A-Z][A-Z0-9_-]*$)", re.IGNORECASE
)
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+")
#: Names that AWS uses in the place of an account for what belongs to no customer.
_OF_AWS = frozenset(
    {"", "aws", "amazon", "aws-marketplace", "aws-managed", "cloudfront", "partner", "third-party"}
)
#: Keys whose values are account ids (IAM User Guide, AWS global condition context keys; Service Authorization Reference).
_ACCOUNT_KEYS = frozenset(
    {
        "aws:principalaccount", "aws:resourceaccount", "aws:sourceaccount", "aws:vpceaccount", "kms:calleraccount",
        "s3:dataaccesspointaccount", "s3:resourceaccount",
    }
)  # fmt: skip


def unusable_arns(statements: Sequence[LocatedStatement]) -> Iterator[Finding]:
    """Yield what names nothing in the resources, the principals and the conditions of the statements."""
    for located in statements:
        texts = dict.fromkeys(_texts(located))
        left_in = {text: held for text in texts if (held := _placeholder(text))}
        for text, (word, severity) in left_in.items():
            told = f"{text} holds a placeholder: {word}"
            yield found("unknown/placeholder", located.ref, told, severity=severity, resources=[text])
        wrong = {text: account for text in texts if (account := _no_account(text))}
        wrong |= {value: value for value in _account_values(located) if not _is_account(value)}
        for text, account in wrong.items():
            if text not in left_in:
                where = "" if account == text else f" in {text}"
                told = f"{account}{where} is no account: an account id has twelve digits"
                yield found("unknown/account", located.ref, told, resources=[text])
    yield from _partitions(statements)


def _texts(located: LocatedStatement) -> Iterator[str]:
    """Yield all that may be an ARN or an account id."""
    statement = located.statement
    yield from (*statement.resources, *statement.not_resources)
    for element in (statement.principals, statement.not_principals):
        yield from _of_aws(element or {})
    for test in located.compiled.tests:
        yield from test.values


def _of_aws(element: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return element.get("AWS", ())


def _account_values(located: LocatedStatement) -> Iterator[str]:
    for test in located.compiled.tests:
        if test.key in _ACCOUNT_KEYS and test.operator.family != "null":
            yield from test.values


def _placeholder(text: str) -> tuple[str, Severity] | None:
    """Return the placeholder in a text, and how surely it is one."""
    certain = _PLACEHOLDER.search(text)
    if certain:
        return certain[0], Severity.ERROR
    region, account = _region_and_account(text)
    for part, is_one in ((account, _is_account), (region, _is_region)):
        if not is_one(part) and _IN_PLACE.search(part):
            return part, Severity.ERROR
    likely = _LIKELY.search(text)
    return (likely[0], Severity.WARNING) if likely else None


def _region_and_account(text: str) -> tuple[str, str]:
    """Return the region and the account of an ARN; empty when it is none, or when they hold a variable."""
    parts = re.sub(r"\$\{[^}]*\}", "*", text).split(":", ARN_PARTS - 1)
    return (parts[3], parts[4]) if parts[0] == "arn" and len(parts) == ARN_PARTS else ("", "")


def _no_account(text: str) -> str:
    account = _region_and_account(text)[1]
    return "" if _is_account(account) else account


def _is_account(text: str) -> bool:
    return text in _OF_AWS or is_pattern(text) or "${" in text or bool(_ACCOUNT.fullmatch(text))


def _is_region(text: str) -> bool:
    return not text or is_pattern(text) or bool(_REGION.fullmatch(text))


def _partitions(statements: Sequence[LocatedStatement]) -> Iterator[Finding]:
    """Tell the documents whose ARNs are of several partitions: an account is in one of them only."""
    for number, of_document in groupby(statements, key=lambda located: located.ref.document):
        texts = dict.fromkeys(text for located in of_document for text in _texts(located))
        by_partition = {
            text.split(":", 2)[1]: text for text in texts if text.startswith("arn:") and text.count(":") > 1
        }
        named = sorted(name for name in by_partition if name and not is_pattern(name) and "$" not in name)
        if len(named) > 1:
            told = f"its ARNs are of several partitions: {', '.join(named)}"
            resources = [by_partition[name] for name in named]
            yield found("no-effect/partition", StatementRef(number), told, resources=resources)
