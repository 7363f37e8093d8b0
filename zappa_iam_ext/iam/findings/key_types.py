"""Operators against the types of condition keys, and set operators against keys of one or several values.

IAM User Guide: "AWS global condition context keys" (data type and value type of each), "Condition operators", "Single-valued
vs. multivalued context keys"; IAM Access Analyzer policy check reference (type mismatch, missing qualifier, ForAllValues
with a single-valued key).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zappa_iam_ext.iam.conditions.evaluate import ConditionTest
from zappa_iam_ext.iam.conditions.operators import Qualifier
from zappa_iam_ext.iam.definitions import KeyDefinition, KeyType, key_definition
from zappa_iam_ext.iam.findings.catalogue import found
from zappa_iam_ext.iam.findings.located_statements import LocatedStatement
from zappa_iam_ext.iam.findings.model import Finding, Severity
from zappa_iam_ext.iam.literals import why_unreadable
from zappa_iam_ext.iam.statement import PolicyKind

_GLOBAL_TYPES = {
    KeyType.ARN: ("PrincipalArn", "SourceArn", "SourceVpcArn", "SignInSessionArn", "ChatbotSourceArn", "FederatedProvider"),
    KeyType.BOOL: ("MultiFactorAuthPresent", "PrincipalIsAWSService", "SecureTransport", "ViaAWSService", "AssumedRoot"),
    KeyType.DATE: ("CurrentTime", "EpochTime", "TokenIssueTime"),
    KeyType.IP_ADDRESS: ("SourceIp", "VpcSourceIp", "Ec2InstanceSourcePrivateIPv4"),
    KeyType.NUMERIC: ("MultiFactorAuthAge",),
    KeyType.STRING: (
        "CalledVia", "CalledViaFirst", "CalledViaLast", "Ec2InstanceSourceVpc", "PrincipalAccount",
        "PrincipalOrgID", "PrincipalOrgPaths", "PrincipalServiceName", "PrincipalServiceNamesList", "PrincipalTag/",
        "PrincipalType", "referer", "RequestedRegion", "RequestTag/", "ResourceAccount", "ResourceOrgID",
        "ResourceOrgPaths", "ResourceTag/", "SourceAccount", "SourceIdentity", "SourceOrgID", "SourceOrgPaths",
        "SourceVpc", "SourceVpce", "TagKeys", "UserAgent", "userid", "username", "VpceAccount", "VpceOrgID",
        "VpceOrgPaths",
    ),
}  # fmt: skip
_MULTIVALUED = frozenset(
    {
        "CalledVia", "PrincipalOrgPaths", "PrincipalServiceNamesList", "ResourceOrgPaths", "SourceOrgPaths", "TagKeys",
        "VpceOrgPaths",
    }
)  # fmt: skip
_GLOBAL = {
    f"aws:{name}".lower(): KeyDefinition(f"aws:{name}", kind, name in _MULTIVALUED)
    for kind, names in _GLOBAL_TYPES.items()
    for name in names
}
#: The types that the operators of a family are made for; the others compare text or nothing.
_MADE_FOR = {
    "text": {KeyType.STRING, KeyType.ARN},
    "caseless": {KeyType.STRING, KeyType.ARN},
    "like": {KeyType.STRING, KeyType.ARN},
    "number": {KeyType.NUMERIC},
    "date": {KeyType.DATE},
    "bool": {KeyType.BOOL},
    "ip": {KeyType.IP_ADDRESS},
    "arn": {KeyType.ARN},
}
_OF_TEXT = frozenset({"text", "caseless", "like"})
_OPERATORS = {
    KeyType.STRING: "String",
    KeyType.ARN: "Arn",
    KeyType.BOOL: "Bool",
    KeyType.NUMERIC: "Numeric",
    KeyType.DATE: "Date",
    KeyType.IP_ADDRESS: "IpAddress",
}
#: A point in time as seconds since 1970: "Use this key with date operators or numeric operators".
_ALSO_NUMERIC = "aws:epochtime"


def described(key: str) -> KeyDefinition | None:
    """Return what is known of the values of a key, global or of a service; None when nothing is."""
    wanted = key.lower()
    if wanted.startswith("aws:"):
        name, slash, _ = wanted.partition("/")
        return _GLOBAL.get(name + slash)
    return key_definition(key)


def is_multivalued(key: str) -> bool:
    """Say whether AWS sends a key as a list, as far as is known."""
    known = described(key)
    return known is not None and known.multivalued


def mismatched_types(statements: Sequence[LocatedStatement]) -> Iterator[Finding]:
    """Yield the tests of the statements whose operator is made for other values than the key holds."""
    for located in statements:
        for test in located.compiled.tests:
            yield from _values(located, test)
            known = described(test.name)
            if known is not None and test.operator.family != "null":
                yield from _type(located, test, known)
                yield from _qualifier(located, test, known)


def _values(located: LocatedStatement, test: ConditionTest) -> Iterator[Finding]:
    for value in test.values:
        what = why_unreadable(test.operator, value, PolicyKind.IDENTITY, stored=True)
        if what:
            told = f"{value!r} is no {what}, which {test.operator.name} of {test.name} compares"
            yield found("condition/unreadable-value", located.ref, told)
            return


def _type(located: LocatedStatement, test: ConditionTest, known: KeyDefinition) -> Iterator[Finding]:
    family = test.operator.family.partition(" ")[0]
    if known.type is None or known.type in _MADE_FOR.get(family, set()):
        return
    if known.name.lower() == _ALSO_NUMERIC and family == "number":
        return
    if known.type is KeyType.STRING and known.open_ended:
        return  # a tag, or a part of an encryption context, may hold an ARN or a number
    as_text = family in _OF_TEXT or known.type is KeyType.STRING
    what = "compares its text" if as_text else "does not compare such values"
    yield found(
        "condition/operator-type",
        located.ref,
        f"{test.name} is of type {known.type}, and {test.operator.name} {what}",
        severity=Severity.WARNING if as_text else Severity.ERROR,
        hint=f"Use an operator of the {_OPERATORS[known.type]} family.",
    )


def _qualifier(located: LocatedStatement, test: ConditionTest, known: KeyDefinition) -> Iterator[Finding]:
    qualifier, name = test.operator.qualifier, test.operator.name
    if known.multivalued and qualifier is Qualifier.NONE:
        told = f"{test.name} holds several values, and {name} without ForAnyValue or ForAllValues never matches them"
        yield found("condition/missing-set-operator", located.ref, told)
    if not known.multivalued and known.type is not None and qualifier is not Qualifier.NONE:
        empty = qualifier is Qualifier.ALL
        what = "also holds where the request has no such key" if empty else "adds nothing"
        yield found(
            "condition/needless-set-operator",
            located.ref,
            f"{test.name} holds one value, and {qualifier.value} {what}",
            severity=Severity.WARNING if empty and not located.denies else Severity.NOTE,
        )
