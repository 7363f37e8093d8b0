"""What the execution role lacks, what a role does not trust, and whom a resource does not let in, in AWS's words."""

from __future__ import annotations

import re

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.wordings.deployer import DEPLOYER_WORDINGS, Reading, Wording, pattern
from zappa_iam_ext.permissions.denials.wordings.services import is_service_principal, principal_of
from zappa_iam_ext.permissions.denials.wordings.validation import VALIDATION_WORDINGS

_TRUST = Denial(action="sts:AssumeRole", layer="resource")
_ROLE_TRUST = Denial(action="sts:AssumeRole", layer="resource", by_role=True)
_INVOKE = Denial(action="lambda:InvokeFunction", layer="resource")
_ARN = r"arn:[^\s\"'<>]{1,1000}+"
#: The roles of a Zappa deployment that these services assume are its execution role.
_OF_ZAPPA = frozenset({"lambda.amazonaws.com", "events.amazonaws.com", "apigateway.amazonaws.com"})
_WHO = re.compile(
    r"(?P<who>[\w.-]+\.amazonaws\.com(?:\.cn)?|(?:Amazon |AWS )?(?:API Gateway|[A-Z][A-Za-z0-9]+(?: [A-Z][A-Za-z0-9]+)?))"
    r"['\"]?(?:,? nor the regional one)?(?: service)?(?: principal)?(?: is| are)?\s*\Z"
)
_ROLE = re.compile(rf"(?P<role>{_ARN})['\"]?(?:\s+(?:is|are))?\s*\Z")


def _assumed_by(match: re.Match[str], before: str) -> Reading:
    """Read which service may not assume which role."""
    named = match.groupdict()
    who = named.get("who") or (_WHO.search(" ".join(before.split())) or {"who": ""})["who"]
    principal = principal_of((who or "").rstrip("."))
    role = named.get("role") or (_ROLE.search(before) or {"role": ""})["role"]
    resource = (role or "").strip("'\".,[]")
    return {"principal": principal, "resource": resource, "by_role": _global(principal) in _OF_ZAPPA}


def _global(principal: str) -> str:
    """Return the principal of a service without the region or the partition that it may be written with."""
    service, _, _ = principal.partition(".")
    return f"{service}.amazonaws.com" if is_service_principal(principal) else ""


def _invoked_by(match: re.Match[str], before: str) -> Reading:
    named = match.groupdict()
    who = named.get("who") or (before.split() or [""])[-1]
    return {"principal": principal_of(who), "resource": (named.get("function") or "").rstrip(".,")}


def _published(match: re.Match[str], _: str) -> Reading:
    kind = match["kind"].lower()
    return {"action": "sqs:SendMessage" if kind == "queue" else "sns:Publish"}


def _access_point(match: re.Match[str], _: str) -> Reading:
    arn = (match["arn"] or "").rstrip(".,:;'\")]}")
    return {"resource": arn}


_EFS_ARN = r"(?P<arn>arn:[^\s\"'<>]{1,20}:elasticfilesystem:[^\s\"'<>]{1,400}+)"

ROLE_WORDINGS: tuple[Wording, ...] = (
    Wording(
        ("mount",),
        pattern(
            r"(?:EFSMountFailure(?:Exception)?|(?:could not|couldn't|cannot|can't|failed to|unable to) mount (?:the |your )?"
            r"(?:configured )?(?:Amazon )?(?:EFS|Elastic File System)\b(?!.{0,300}?(?:time[ -]?out|timed out|connectivity|network)))"
            rf"(?:(?:(?!EFSMount|EFSIO).){{0,160}}?{_EFS_ARN})?"
        ),
        Denial(
            action="elasticfilesystem:ClientMount",
            by_role=True,
            also=("elasticfilesystem:ClientWrite",),
        ),
        "AWS Lambda API Reference: Invoke, EFSMountFailureException; Lambda Developer Guide: Configuring file system access",
        _access_point,
    ),
    Wording(
        ("cross-account",),
        pattern(
            r"Cross-account pass(?:ing of (?:a |the )?)?[ -]?role(?: is)? not (?:allowed|permitted|supported)"
        ),
        Denial(action="iam:PassRole", layer="cross-account"),
        "AWS Lambda's and others' answer to a role of another account; IAM User Guide: Pass a role to a service",
    ),
    Wording(
        ("defined",),
        pattern(r"The role defined for the function cannot be assumed by Lambda"),
        _ROLE_TRUST,
        "AWS Lambda's answer to CreateFunction; Zappa issue 1361",
    ),
    Wording(
        ("decrypt",),
        pattern(
            r"Lambda (?:was unable to|couldn't|could not) decrypt (?:the|your) environment variables because KMS access was denied"
            r"(?:.{0,200}?ciphertext refers to a customer master key)?"
        ),
        Denial(action="kms:Decrypt", by_role=True, layer="grant"),
        "AWS Lambda Developer Guide: Securing Lambda environment variables; AWS re:Post: KMS Exception permission errors",
    ),
    Wording(
        ("assumed",),
        pattern(
            r"(?:cannot|can not|can't|could not) be assumed by (?:the )?(?:service )?(?:principal )?['\"]?(?P<who>[\w.-]{2,80})"
        ),
        _TRUST,
        "EventBridge's answer to PutRule (Zappa issues 381 and 2168; observed, passed-roles.json)",
        _assumed_by,
    ),
    Wording(
        ("assume",),
        pattern(
            r"(?:(?:does not|doesn't|do not|don't) have permissions?|(?:not authorized|not allowed|unable|not able))"
            rf" to assume (?:the |this |that )?(?:provided |execution |specified |IAM )?role(?:[: ]{{0,2}}['\"]?(?P<role>{_ARN}))?"
        ),
        _TRUST,
        "API Gateway's answers at deployment and at request time (Zappa issue 479); Step Functions' to CreateStateMachine",
        _assumed_by,
    ),
    Wording(
        ("neither",),
        pattern(
            r"Neither the global service principal (?P<who>[\w.-]{2,80}),? nor the regional one is authorized to assume"
            r" (?:the )?(?:provided )?role"
        ),
        _TRUST,
        "AWS Step Functions' answer to CreateStateMachine",
        _assumed_by,
    ),
    Wording(
        ("assume",),
        pattern(r"must allow (?P<who>(?:[A-Z][\w.]{1,30} ){1,4})to assume (?:the |this )?role"),
        _TRUST,
        "EventBridge Scheduler's answer to CreateSchedule",
        _assumed_by,
    ),
    Wording(
        ("failed_to_assume_role",),
        pattern(r"\bFAILED_TO_ASSUME_ROLE\b"),
        Denial(action="sts:AssumeRole", layer="resource", principal="events.amazonaws.com", by_role=True),
        "EventBridge's error code of an event that it could not deliver (observed, passed-roles.json)",
    ),
    Wording(
        ("invalid",),
        pattern(rf"Role (?P<role>{_ARN}) is invalid or cannot be assumed"),
        Denial(action="sts:AssumeRole", layer="resource", principal="cloudformation.amazonaws.com"),
        "CloudFormation's answer to CreateStack with RoleARN",
        _assumed_by,
    ),
    Wording(
        ("trust",),
        pattern(
            r"(?:trust relationship allowing|grant trust permission for) (?P<who>(?:Amazon |AWS )?(?:API Gateway|\w{2,30}))"
        ),
        _TRUST,
        "Cognito's answer to UpdateUserPool; API Gateway's to UpdateAccount (aws-cloudformation rain issue 163)",
        _assumed_by,
    ),
    Wording(
        ("destination",),
        pattern(
            r"Permissions on the destination (?P<kind>queue|topic) do not allow S3 to publish notifications"
        ),
        Denial(layer="resource", principal="s3.amazonaws.com"),
        "Amazon S3's answer to PutBucketNotificationConfiguration",
        _published,
    ),
    Wording(
        ("destination",),
        pattern(
            r"Unable to validate the following destination configurations(?!.{0,80}?Permissions on the destination)"
            rf"(?:[.:]? Not authorized to invoke function \[?(?P<function>{_ARN})\]?)?"
        ),
        Denial(action="lambda:InvokeFunction", layer="resource", principal="s3.amazonaws.com"),
        "Amazon S3's answer to PutBucketNotificationConfiguration; Zappa sets it for events of S3",
        lambda match, _: {"resource": (match["function"] or "").rstrip("].,")},
    ),
    Wording(
        ("principal",),
        pattern(
            r"principal does not have permission to invoke (?P<function>arn:aws[a-z-]{0,20}:lambda:[^\s\"]{1,400}+)"
        ),
        _INVOKE,
        "Elastic Load Balancing's answer to RegisterTargets (aws-cdk issue 4663)",
        _invoked_by,
    ),
    Wording(
        ("execute",),
        pattern(
            r"Could not execute the lambda function\. Make sure you have given (?P<who>CloudWatch Logs) permission to execute"
        ),
        _INVOKE,
        "CloudWatch Logs' answer to PutSubscriptionFilter",
        _invoked_by,
    ),
    Wording(
        ("invocation",),
        pattern(r"\b(?:[A-Z][A-Za-z]{3,40}) invocation failed due to error AccessDenied(?:Exception)?\b"),
        Denial(action="lambda:InvokeFunction", layer="resource", principal="cognito-idp.amazonaws.com"),
        "Cognito's UnexpectedLambdaException of a trigger whose function does not let the user pool in",
    ),
    Wording(
        ("configuration",),
        pattern(r"configuration error: Invalid permissions on Lambda function"),
        Denial(action="lambda:InvokeFunction", layer="resource", principal="apigateway.amazonaws.com"),
        "API Gateway Developer Guide: the execution log of an API whose function does not let it in",
    ),
)

#: Every wording, in the order in which they are tried.
OWN_WORDINGS: tuple[Wording, ...] = (*DEPLOYER_WORDINGS, *VALIDATION_WORDINGS, *ROLE_WORDINGS)
