"""How messages name services: their words, their prefixes in policies, the principals that they act as."""

from __future__ import annotations

import re
from functools import lru_cache

from zappa_iam_ext.iam.definitions import action_definition, action_names, services

#: Words of messages, in small letters without spaces, to the prefix of the service's actions.
_PREFIXES = {
    "amazonapigateway": "apigateway",
    "amazoncloudfront": "cloudfront",
    "amazondynamodbv2": "dynamodb",
    "amazonec2": "ec2",
    "amazonecr": "ecr",
    "amazonelasticfilesystem": "elasticfilesystem",
    "amazonelasticloadbalancing": "elasticloadbalancing",
    "amazonevents": "events",
    "amazonidentitymanagement": "iam",
    "amazonmq": "mq",
    "amazonmsk": "kafka",
    "amazonroute53": "route53",
    "amazons3": "s3",
    "amazonsns": "sns",
    "amazonsqs": "sqs",
    "apigateway": "apigateway",
    "apigatewayv2": "apigateway",
    "applicationloadbalancer": "elasticloadbalancing",
    "awscloudformation": "cloudformation",
    "awskms": "kms",
    "awslambda": "lambda",
    "certificatemanager": "acm",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognito": "cognito-idp",
    "cognitoidentityprovider": "cognito-idp",
    "efs": "elasticfilesystem",
    "elasticloadbalancingv2": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "eventbridge": "events",
    "eventbridgescheduler": "scheduler",
    "iam": "iam",
    "msk": "kafka",
    "stepfunctions": "states",
    "wafv2": "wafv2",
}
#: Prefixes of actions whose services act as a principal of another name (IAM User Guide: AWS service principals).
_PRINCIPALS = {"elasticloadbalancing": "elasticloadbalancing.amazonaws.com", "kafka": "kafka.amazonaws.com"}
#: Operations of Amazon S3 whose action has another name (Amazon S3 User Guide: Required permissions for API operations).
_OBJECTS = {
    "HeadBucket": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
}
_SERVICE_PRINCIPAL = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+){0,3}\.(?:amazonaws\.com(?:\.cn)?|aws\.internal)")
_VERSION = re.compile(r"[0-9]{4}_?[0-9]{2}_?[0-9]{2}(?:v[0-9]+)?\Z")


@lru_cache(maxsize=1024)
def prefix_of(words: str) -> str:
    """Return the prefix of the service that some words name; empty when they name none that is known."""
    text = words.strip().lower()
    host = re.fullmatch(r"(?:[a-z0-9-]+\.)*?(?P<name>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?", text)
    text = host["name"] if host else text
    key = re.sub(r"[^a-z0-9]", "", text)
    if key in _PREFIXES:
        return _PREFIXES[key]
    for beginning in ("amazon", "aws", ""):
        name = key.removeprefix(beginning)
        if name in _PREFIXES or name in _known():
            return _PREFIXES.get(name) or _known()[name]
    return ""


def principal_of(words: str) -> str:
    """Return the service principal that some words name, such as ``events.amazonaws.com``; empty when unknown."""
    text = words.strip().lower()
    if is_service_principal(text):
        return text
    prefix = prefix_of(words)
    return _PRINCIPALS.get(prefix, f"{prefix}.amazonaws.com") if prefix else ""


def is_service_principal(text: str) -> bool:
    """Say whether a principal is a service: ``events.amazonaws.com``."""
    return bool(_SERVICE_PRINCIPAL.fullmatch(text.lower()))


def action_of(operation: str, prefix: str = "") -> str:
    """Return the action of an operation that stands without its service; empty where that is not certain.

    Without a prefix the name must be an action of one service alone.
    """
    name = without_version(operation)
    if name in _OBJECTS and prefix in {"", "s3"}:
        return _OBJECTS[name]
    if prefix:
        known = action_definition(f"{prefix}:{name}")
        return known.name if known else ""
    holders = _holders(name)
    return f"{holders[0]}:{name}" if len(holders) == 1 else ""


def without_version(operation: str) -> str:
    """Return an operation without the API version that CloudTrail writes behind it (``CreateFunction20150331``)."""
    return _VERSION.sub("", operation)


@lru_cache(maxsize=1024)
def _holders(name: str) -> tuple[str, ...]:
    return tuple(service for service in _COMMON if name in action_names(service))


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    return {service.replace("-", ""): service for service in services()}


#: The services that a deployment meets: only among them an operation without its service is looked for.
_COMMON = (
    "acm",
    "apigateway",
    "cloudformation",
    "cloudfront",
    "cloudwatch",
    "cognito-idp",
    "dynamodb",
    "ec2",
    "ecr",
    "elasticfilesystem",
    "elasticloadbalancing",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "route53",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "states",
    "sts",
)
