"""Names of statements that say to a reviewer what is allowed to do what: ``ReadOwnLogs``, ``ManageFunction``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from string import digits

from zappa_iam_ext.iam.statement import Statement

#: What actions are about: the first pattern that fits. Short words: IAM counts the characters of a Sid.
_NOUNS = (
    ("acm:*", "Certificate"),
    ("apigateway:UpdateRestApiPolicy", "ApiPolicy"),
    ("apigateway:*", "Api"),
    ("cloudformation:*", "ApiStack"),
    ("cloudfront:*", "Distribution"),
    ("cloudwatch:*", "Metrics"),
    ("cognito-idp:*", "UserPool"),
    ("dynamodb:*", "AsyncTable"),
    ("ec2:*", "Network"),
    ("ecr:*", "Image"),
    ("elasticfilesystem:*AccessPoint*", "AccessPoints"),
    ("elasticfilesystem:*MountTarget*", "MountTargets"),
    ("elasticfilesystem:*", "FileSystem"),
    ("elasticloadbalancing:*Listener*", "Listener"),
    ("elasticloadbalancing:*Target*", "TargetGroup"),
    ("elasticloadbalancing:*", "LoadBalancer"),
    ("events:*Targets*", "Targets"),
    ("events:*", "Rules"),
    ("iam:CreateServiceLinkedRole", "ServiceLinkedRole"),
    ("iam:*", "ExecutionRole"),
    ("kms:*", "Key"),
    ("lambda:*EventSourceMapping*", "Triggers"),
    ("lambda:*Layer*", "Layers"),
    ("lambda:*Permission", "Invokers"),
    ("lambda:*ProvisionedConcurrency*", "Concurrency"),
    ("lambda:*", "Function"),
    ("logs:*", "OwnLogs"),
    ("route53:*RecordSets", "Dns"),
    ("route53:*", "Zones"),
    ("s3:*BucketNotification", "Notifications"),
    ("s3:*Bucket*", "Bucket"),
    ("s3:AbortMultipartUpload", "Uploads"),
    ("s3:*", "Packages"),
    ("sns:SetSubscription*", "Subscriptions"),
    ("sns:Unsubscribe", "Subscriptions"),
    ("sns:*", "Topics"),
)
_VERBS = (
    ("Read", re.compile(r"(?:Get|List|Describe|Filter|Head)(?=[A-Z])|GET$")),
    ("Create", re.compile(r"(?:Create|Import|Publish)(?=[A-Z])|POST$")),
    ("Delete", re.compile(r"(?:Delete|Remove)(?=[A-Z])|Unsubscribe$|DELETE$")),
    ("Add", re.compile(r"Add(?=[A-Z])")),
    ("Abort", re.compile(r"Abort(?=[A-Z])")),
    ("Put", re.compile(r"Put(?=[A-Z])|PUT$")),
    ("Tag", re.compile(r"TagResource$")),
    ("Untag", re.compile(r"UntagResource$")),
    ("Pass", re.compile(r"PassRole$")),
    ("Update", re.compile("")),
)
#: What a statement is about whose actions are of several services; only those of the domain share one.
_SEVERAL = "Domain"
#: A key is used, whatever the calls are named.
_ALWAYS = {"kms": "Use"}
#: The keys whose values are services, and the word that stands before one.
_SERVICES = {"iam:PassedToService": "To", "lambda:Principal": "For"}
_RESOURCE_TYPE = re.compile(r"(?:[^:]*:){5}/?([a-z-]+)[/:]")
_FUNCTION_VERSION = re.compile(r"arn:[^:]*:lambda:[^:]*:[^:]*:function:[^:]+:.+")


def with_names(statements: Iterable[Statement], purposes: Iterable[str]) -> tuple[Statement, ...]:
    """Return the statements with a Sid each that says what it is for, no two alike.

    Only what has one of these ``purposes`` as its Sid, perhaps with a number, is named anew.
    """
    known = tuple(statements)
    ours = frozenset(purposes)
    named = [item.sid.rstrip(digits) in ours for item in known]
    wanted = [_name(item) if new else item.sid for item, new in zip(known, named, strict=True)]
    for qualifier in (_by_condition, _by_resource, _by_action):
        wanted = [
            f"{name}{qualifier(item)}" if new and wanted.count(name) > 1 else name
            for item, name, new in zip(known, wanted, named, strict=True)
        ]
    return tuple(replace(item, sid=sid) for item, sid in zip(known, _numbered(wanted), strict=True))


def _name(statement: Statement) -> str:
    services = {action.partition(":")[0] for action in statement.actions}
    nouns = {_noun(action) for action in statement.actions}
    service = next(iter(services))
    whole = _noun(f"{service}:") if len(services) == 1 else _SEVERAL
    noun = nouns.pop() if len(nouns) == 1 else whole
    if noun == "Function" and any(map(_FUNCTION_VERSION.match, statement.resources)):
        noun = "FunctionVersions"
    if noun == "ExecutionRole" and any(name.endswith(":role/*") for name in statement.resources):
        noun = "AnyRole"
    verbs = {_verb(action) for action in statement.actions}
    verb = _ALWAYS.get(service) or (verbs.pop() if len(verbs) == 1 else "Manage")
    return f"{verb}{noun}"


def _noun(action: str) -> str:
    fitting = (noun for pattern, noun in _NOUNS if fnmatchcase(action, pattern))
    return next(fitting, action.partition(":")[0].replace("-", "").title())


def _verb(action: str) -> str:
    name = action.partition(":")[2]
    return next(verb for verb, pattern in _VERBS if pattern.match(name))


def _by_condition(statement: Statement) -> str:
    tests = {key: values for held in statement.condition.values() for key, values in held.items()}
    for key, word in _SERVICES.items():
        if key in tests:
            values = tests[key]
            return f"{word}{_camel(values[0].partition('.')[0])}" if len(values) == 1 else ""
    names = sorted(key.partition("/")[0].partition(":")[2] for key in tests)
    return f"By{_camel(names[0])}" if names else ""


def _by_resource(statement: Statement) -> str:
    if "*" in statement.resources:
        return "Anywhere"
    kind = _RESOURCE_TYPE.match(statement.resources[0]) if statement.resources else None
    return f"On{_camel(kind[1])}" if kind else ""


def _by_action(statement: Statement) -> str:
    return f"By{_camel(statement.actions[0].partition(':')[2])}" if len(statement.actions) == 1 else ""


def _camel(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", text))


def _numbered(names: Sequence[str]) -> list[str]:
    used: set[str] = set()
    found = []
    for name in names:
        sid, number = name, 2
        while sid in used:
            sid, number = f"{name}{number}", number + 1
        used.add(sid)
        found.append(sid)
    return found
