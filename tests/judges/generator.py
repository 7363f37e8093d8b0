"""Random policies and requests that look like real ones and meet where it hurts.

``pair(seed, index)`` is a pure function: a disagreement is reproduced from two numbers. A request is drawn first; the
statements are then bent around it (a pattern made of its own ARN, an operator fed with its own value), so that most of
them nearly match. Each pair is in the shape of the cases of ``tests/cases/evaluation``.
"""

from __future__ import annotations

import fnmatch
import json
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.judges.judges import Pair

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
OTHER_USER = f"arn:aws:iam::{ACCOUNT}:user/bob"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of resource with the actions that take it."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]


def _arn(service: str, *names: str, region: str = "eu-west-1") -> tuple[str, ...]:
    return tuple(f"arn:aws:{service}:{region}:{ACCOUNT}:{name}" for name in names)


FAMILIES = (
    Family(
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:GetObjectTagging"),
        tuple(
            f"arn:aws:s3:::{key}"
            for key in ("code/app.zip", "code/app-1.zip", "code/a/b/c", "home/alice/x", "coder/app.zip")
        ),
    ),
    Family(
        ("s3:ListBucket", "s3:GetBucketLocation", "s3:CreateBucket", "s3:GetBucketPolicy"),
        tuple(f"arn:aws:s3:::{name}" for name in ("code", "coder", "home")),
    ),
    Family(
        ("lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:GetFunction", "lambda:InvokeFunction"),
        _arn("lambda", "function:api-dev", "function:api-dev:live", "function:api-prod", "function:other"),
    ),
    Family(
        ("iam:PassRole", "iam:GetRole", "iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"),
        _arn("iam", "role/deployer", "role/ci/deployer", "role/api-dev-ZappaLambdaExecutionRole", region=""),
    ),
    Family(
        ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:GetQueueUrl"), _arn("sqs", "jobs", "jobs-dead", "mail")
    ),
    Family(
        ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DescribeTable"),
        _arn("dynamodb", "table/orders", "table/orders/index/by-date", "table/users"),
    ),
    Family(
        ("ec2:RunInstances", "ec2:TerminateInstances", "ec2:CreateTags"),
        _arn("ec2", "instance/i-0abc", "subnet/subnet-1", "instance/i-0abd"),
    ),
    Family(("s3:ListAllMyBuckets", "ec2:DescribeSubnets", "lambda:ListFunctions"), ("*",)),
)

STRINGS = {
    "aws:PrincipalTag/team": ("blue", "Blue", "red", "blue-green"),
    "aws:RequestedRegion": ("eu-west-1", "us-east-1"),
    "s3:prefix": ("home/alice", "home/bob/x", "", "code/"),
    "lambda:FunctionUrlAuthType": ("AWS_IAM", "NONE"),
    "aws:username": ("alice", "bob"),
}
#: Keys that AWS derives from the principal: never drawn, and never unknown.
DERIVED = frozenset({"aws:PrincipalArn", "aws:PrincipalAccount", "aws:username"})
NUMBERS = {"s3:max-keys": ("5", "10", "10.0", "1000", "-1"), "aws:MultiFactorAuthAge": ("59", "3600")}
DATES = {
    "aws:TokenIssueTime": (
        "2026-06-30T00:00:00Z",
        "2026-06-30T02:00:00+02:00",
        "2026-07-01T12:30:00Z",
        "2025-12-31T23:59:59Z",
        "1782777600",  # 2026-06-30T00:00:00Z
    )
}
BOOLS = {"aws:SecureTransport": ("true", "false"), "aws:MultiFactorAuthPresent": ("true", "false")}
ADDRESSES = {"aws:SourceIp": ("203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8::1", "2001:db8:1::1")}
ARNS = {
    "aws:SourceArn": (
        *_arn("sns", "news", "News"),
        *_arn("lambda", "function:api-dev:live"),
        "arn:aws:s3:::code",
    ),
    "aws:PrincipalArn": (USER, OTHER_USER, ROLE),
}
LISTS = {
    "aws:TagKeys": ("team", "stage", "cost", "Team"),
    "aws:PrincipalOrgPaths": ("o-a1/r-b2/ou-c3/", "o-a1/r-b2/ou-c3/ou-d4/"),
}
RANGES = (
    "203.0.113.0/24",
    "203.0.113.0/25",
    "203.0.113.7",
    "198.51.100.0/22",
    "2001:db8::/48",
    "2001:db8::1/128",
)
OPERATORS = {
    "string": (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ),
    "number": (
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
    ),
    "date": (
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
    ),
    "bool": ("Bool",),
    "address": ("IpAddress", "NotIpAddress"),
    "arn": ("ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"),
    "list": ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"),
}
KINDS = {
    key: (kind, values)
    for kind, keys in (
        ("string", STRINGS),
        ("number", NUMBERS),
        ("date", DATES),
        ("bool", BOOLS),
        ("address", ADDRESSES),
        ("arn", ARNS),
        ("list", LISTS),
    )
    for key, values in keys.items()
}
VARIABLES = (
    "${aws:username}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'blue'}",
    "${aws:PrincipalAccount}",
    "${*}",
)


FILLINGS = 4


def pair(seed: int, index: int) -> Pair:
    """Return the pair number ``index`` of the series ``seed``."""
    return _Draw(random.Random(f"{seed}/{index}")).pair()  # noqa: S311  -- reproducible, not secret


def with_unknown_key(seed: int, index: int) -> tuple[Pair, list[Pair]]:
    """Return a pair that does not know one of its context keys, and the pair for values that the key may have."""
    source = random.Random(f"unknown {seed}/{index}")  # noqa: S311  -- reproducible, not secret
    whole = _Draw(source).pair()
    asked = {key for key in KINDS if f'"{key}"' in json.dumps(whole["policies"])} - DERIVED
    key = source.choice(sorted(asked) or sorted(set(KINDS) - DERIVED))
    context = {name: value for name, value in whole["request"]["context"].items() if name != key}
    kind, values = KINDS[key]
    known = [context, *({**context, key: [value] if kind == "list" else value} for value in values)]
    unknown = {**whole["request"], "context": context, "unknown_keys": [key]}
    return (
        {"policies": whole["policies"], "request": unknown},
        [{"policies": whole["policies"], "request": {**whole["request"], "context": each}} for each in known],
    )


def with_pattern(seed: int, index: int) -> tuple[Pair, list[Pair]]:
    """Return a pair that asks for a pattern of resources, and the pair for some resources of the pattern."""
    source = random.Random(f"pattern {seed}/{index}")  # noqa: S311  -- reproducible, not secret
    draw = _Draw(source)
    whole = draw.pair()
    resource = draw.resource
    if resource == "*":
        return whole, [whole]
    at = source.randint(resource.rindex(":") + 1, len(resource))
    pattern = source.choice(
        (
            f"{resource[:at]}*",
            f"{resource[:at]}*{resource[at + 2 :]}",
            f"{resource[:at]}?{resource[at + 1 :]}",
        )
    )
    members = {resource} if fnmatch.fnmatchcase(resource, pattern.replace("[", "[[]")) else set()
    fillings = (
        "",
        "/",
        "x",
        resource[at:],
        resource[at + 1 :],
        "role/x",
        ".zip",
        "/index/by-date",
        ":live",
        "-1",
    )
    while len(members) < FILLINGS:
        star, question = source.choice(fillings), source.choice("ax/:-1")
        members.add(pattern.replace("*", star).replace("?", question))
    return (
        {"policies": whole["policies"], "request": {**whole["request"], "resource": pattern}},
        [
            {"policies": whole["policies"], "request": {**whole["request"], "resource": each}}
            for each in sorted(members)
        ],
    )


def across_accounts(seed: int, index: int) -> Pair:
    """Return a pair whose resource may be another account's, has a policy, and may be bound by RCPs."""
    source = random.Random(f"across {seed}/{index}")  # noqa: S311  -- reproducible, not secret
    draw = _Draw(source)
    whole = draw.pair()
    policies = {
        **whole["policies"],
        "resource": whole["policies"].get("resource") or [draw.resource_policy()],
    }
    if draw.chance(0.3):
        policies["rcp"] = [[draw.resource_control_policy()] for _ in range(source.randint(1, 2))]
    account = source.choice((OTHER_ACCOUNT, OTHER_ACCOUNT, ACCOUNT))
    return {"policies": policies, "request": {**whole["request"], "resource_account": account}}


class _Draw:
    """One pair in the making; every choice comes from one random source."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.family = source.choice(FAMILIES)
        self.action = source.choice(self.family.actions)
        self.resource = source.choice(self.family.resources)
        self.principal = source.choice((USER, USER, ROLE, SESSION))
        self.context = self._context()
        self.incomplete = False  # ARNs with fewer than six parts: for policies of an identity alone

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, values: Any) -> Any:
        return self.random.choice(values)

    def some(self, make: Any, most: int = 3) -> Any:
        """A string or a list of up to ``most``, as policies are written."""
        if self.chance(0.5):
            return make()
        return [make() for _ in range(self.random.randint(1, most))]

    # ---------------------------------------------------------------- the request

    def _context(self) -> dict[str, Any]:
        context: dict[str, Any] = {"aws:PrincipalAccount": ACCOUNT}
        context["aws:PrincipalArn"] = ROLE if self.principal == SESSION else self.principal
        if self.principal == USER:
            context["aws:username"] = "alice"
        for key, (kind, values) in KINDS.items():
            if key in DERIVED or not self.chance(0.6):
                continue
            if kind == "list":
                context[key] = self.random.sample(values, self.random.randint(1, 2))
            else:
                context[key] = self.one(values)
        return context

    def _request(self) -> dict[str, Any]:
        action = self.action.swapcase() if self.chance(0.03) else self.action
        return {
            "principal": self.principal,
            "action": action,
            "resource": self.resource,
            "context": self.context,
        }

    # ---------------------------------------------------------------- patterns

    def _bend(self, text: str, start: int) -> str:
        """Put wildcards into ``text`` behind ``start``; sometimes the result still matches it, sometimes just not."""
        for _ in range(self.random.randint(1, 2)):
            at = self.random.randint(start, len(text))
            text = self.one(
                (
                    text[:at] + "*",
                    text[:at] + "*" + text[at + self.random.randint(0, 4) :],
                    text[:at] + "?" + text[at + 1 :],
                    text[:at] + "?" + text[at:],
                    text[:at] + text[at + 1 :],
                )
            )
        return text

    def _action(self) -> str:
        if self.chance(0.12):
            return "*"
        action = self.action if self.chance(0.75) else self.one(self.one(FAMILIES).actions)
        service, _, name = action.partition(":")
        name = self.one((name, "*", self._bend(name, 1) or "*", self._bend(name, len(name) // 2) or "*"))
        written = f"{service}:{name}"
        return written.lower() if self.chance(0.1) else written

    def _resource(self) -> str:
        if self.chance(0.25):
            return "*"
        arn = self.resource if self.chance(0.75) else self.one(self.family.resources)
        if arn == "*":
            return self.one(("*", "arn:aws:s3:::*"))
        if self.incomplete and self.chance(0.02):
            cut = arn.rsplit(":", self.random.randint(1, 3))[0]
            return cut if "::" not in cut else ":".join(arn.split(":")[:3])
        parts = arn.split(":", 5)
        if parts[3] and self.chance(0.15):
            parts[3] = self.one(("*", "us-east-1", "eu-*"))
        if parts[4] and self.chance(0.15):
            parts[4] = self.one(("*", OTHER_ACCOUNT, "1111????3333"))
        kind, name = self._split(parts)
        if self.chance(0.65):
            name = self._bend(name, self.random.randint(0, len(name)))
        if self.chance(0.1):
            name = f"{name[: len(name) // 2]}{self.one(VARIABLES)}{self.one(('', '/*'))}"
        if self.chance(0.03):
            name = name.swapcase()
        return ":".join([*parts[:5], kind + name])

    @staticmethod
    def _split(parts: list[str]) -> tuple[str, str]:
        """Part the resource type from the name: no wildcard may stand in the type (reference-arns.html)."""
        if parts[2] == "s3":
            return "", parts[5]
        kind, mark, name = re.match(r"(?:([a-z]+)([:/]))?(.*)", parts[5]).groups("")
        return kind + mark, name

    # ---------------------------------------------------------------- conditions

    def _value(self, key: str, kind: str, values: tuple[str, ...]) -> str:
        present = self.context.get(key)
        known = self.one(present) if isinstance(present, list) and present else present
        value = known if isinstance(known, str) and self.chance(0.5) else self.one(values)
        if kind in ("string", "list") and self.chance(0.3):
            value = self._bend(value, 0)
        if kind == "string" and self.chance(0.08):
            value = self.one(VARIABLES)
        if kind == "arn" and self.chance(0.5):
            parts = value.split(":", 5)
            parts[self.random.randint(3, 4)] = self.one(("*", ACCOUNT, "eu-west-?"))
            parts[5] = self.one((parts[5], "*", self._bend(parts[5], 1)))
            value = ":".join(parts)
        return self.one(RANGES) if kind == "address" else value

    def _condition(self) -> dict[str, Any]:
        condition: dict[str, Any] = {}
        for _ in range(self.one((1, 1, 1, 2, 2, 3))):
            key = self.one(tuple(KINDS))
            kind, values = KINDS[key]
            operator = "Null" if self.chance(0.08) else self.one(OPERATORS[kind])
            if operator == "Null":
                wanted: Any = self.one(("true", "false"))
            else:
                wanted = self.some(lambda key=key, kind=kind, values=values: self._value(key, kind, values))
                if kind == "list" or self.chance(0.03):
                    operator = f"{self.one(('ForAllValues', 'ForAnyValue'))}:{operator}"
                if self.chance(0.15):
                    operator += "IfExists"
            written = key.upper() if self.chance(0.04) else key
            condition.setdefault(operator, {})[written] = wanted
        return condition

    # ---------------------------------------------------------------- documents

    def _statement(self, deny: float) -> dict[str, Any]:
        statement: dict[str, Any] = {"Effect": "Deny" if self.chance(deny) else "Allow"}
        statement["NotAction" if self.chance(0.12) else "Action"] = self.some(self._action)
        statement["NotResource" if self.chance(0.12) else "Resource"] = self.some(self._resource)
        if self.chance(0.4):
            statement["Condition"] = self._condition()
        return statement

    def _document(self, deny: float = 0.2, most: int = 3) -> dict[str, Any]:
        version = self.one(("2012-10-17",) * 14 + ("2008-10-17", None))
        statements = [self._statement(deny) for _ in range(self.random.randint(1, most))]
        document: dict[str, Any] = {} if version is None else {"Version": version}
        document["Statement"] = statements[0] if len(statements) == 1 and self.chance(0.3) else statements
        return document

    def _limit(self) -> list[dict[str, Any]]:
        """A boundary, session policy or organization level: often everything, with something taken away."""
        if self.chance(0.4):
            return [self._document(0.3)]
        full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        return [{"Version": "2012-10-17", "Statement": [full, self._statement(1.0)]}]

    def resource_control_policy(self) -> dict[str, Any]:
        document = self._document(1.0)
        statements = document["Statement"]
        for statement in [statements] if isinstance(statements, dict) else statements:
            statement["Principal"] = "*"
            statement.pop("NotAction", None)
            statement.setdefault("Action", self.action)
        return document

    def resource_policy(self) -> dict[str, Any]:
        document = self._document(0.35)
        statements = document["Statement"]
        for statement in [statements] if isinstance(statements, dict) else statements:
            named = self.one(
                (
                    "*",
                    {"AWS": "*"},
                    {"AWS": USER},
                    {"AWS": [OTHER_USER, USER]},
                    {"AWS": ROLE},
                    {"AWS": SESSION},
                    {"AWS": ROOT},
                    {"AWS": ACCOUNT},
                    {"AWS": OTHER_ACCOUNT},
                    {"Service": "lambda.amazonaws.com"},
                )
            )
            statement["Principal"] = named
            if statement["Effect"] == "Deny" and self.chance(0.1):
                del statement["Principal"]
                statement["NotPrincipal"] = {"AWS": [self.one((USER, OTHER_USER, ROLE)), ROOT]}
        return document

    def pair(self) -> Pair:
        """Return the finished pair."""
        policies: dict[str, Any] = {
            "identity": [self._document() for _ in range(self.one((1, 1, 1, 2, 2, 3)))]
        }
        if self.chance(0.1):
            policies["group"] = [self._document()]
        if self.chance(0.25):
            policies["boundary"] = self._limit()
        if self.principal == SESSION and self.chance(0.5):
            policies["session"] = self._limit()
        if self.chance(0.2):
            policies["scp"] = [self._limit() for _ in range(self.random.randint(1, 3))]
        if self.resource != "*" and self.chance(0.2):
            policies["resource"] = [self.resource_policy()]
        return {"policies": policies, "request": self._request()}
