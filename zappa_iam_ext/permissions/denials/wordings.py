"""The wordings of a denial that name no action in IAM's form: each with what it means, and where AWS or Zappa says it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Reading = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence of AWS or Zappa, and the action and resource that it means.

    ``reading`` returns both from a match. ``by_role``: the execution role lacks it, not whoever deploys.
    ``source`` is the page or the source file that the sentence is from.
    """

    pattern: re.Pattern[str]
    reading: Callable[[re.Match[str]], Reading]
    source: str
    operation: str = ""
    by_role: bool = False
    layer: str = ""


def _pattern(text: str) -> re.Pattern[str]:
    """Compile a sentence whose words may stand on several lines."""
    return re.compile(text.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def _always(action: str, resource: str = "") -> Callable[[re.Match[str]], Reading]:
    return lambda _: (action, resource)


def _for_lambda(match: re.Match[str]) -> Reading:
    service = match["service"].lower()
    what = match["what"].rstrip(".,")
    return f"{service}:{match['call']}", f"arn:aws:s3:::{what}" if service == "s3" else ""


def _bucket(match: re.Match[str]) -> Reading:
    return "s3:ListBucket", f"arn:aws:s3:::{match['bucket']}"


def _role_call(match: re.Match[str]) -> Reading:
    service = match["service"].lower().strip()
    return f"{_SERVICES.get(service, service)}:{match['call']}", ""


def _stream(match: re.Match[str]) -> Reading:
    service = match["arn"].split(":")[2] if match["arn"].count(":") > 2 else "dynamodb"  # noqa: PLR2004
    return f"{service}:GetRecords", match["arn"].rstrip(".,")


_SERVICES = {"amazon sqs": "sqs", "msk": "kafka", "amazon mq": "mq", "eventbridge": "events"}

OWN_WORDINGS: tuple[Wording, ...] = (
    Wording(
        _pattern(
            r"denied by (?P<service>[A-Z]\w{1,12}), please make sure your request credentials have permission to"
            r" (?P<call>\w{1,60}) for (?P<what>[^\s\"<>]{1,1200}+)"
        ),
        _for_lambda,
        "AWS Lambda's answer to CreateFunction and UpdateFunctionCode: what it reads, it reads as the caller",
    ),
    Wording(
        _pattern(r"S3 error: Access Denied"),
        _always("s3:GetObject"),
        "CloudFormation's answer to CreateStack and UpdateStack: the template is read as the caller",
    ),
    Wording(
        _pattern(r"Access denied for S3 bucket '(?P<bucket>[^'\s]{1,63})'"),
        _bucket,
        "zappa core.py: Zappa.upload_to_s3",
        operation="HeadBucket",
    ),
    Wording(
        _pattern(r"lack the necessary AWS permissions to automatically manage a Zappa execution role"),
        _always("iam:CreateRole"),
        "zappa cli.py: ZappaCLI.deploy, ZappaCLI.update",
    ),
    Wording(
        _pattern(
            r"execution role does not have permissions? to (?:call|perform) (?P<call>\w{1,80}) on (?P<service>(?:Amazon )?\w{1,40})"
        ),
        _role_call,
        "AWS Lambda Developer Guide: Troubleshoot event source mappings; Giving Lambda functions access to a VPC",
        by_role=True,
    ),
    Wording(
        _pattern(
            r"Cannot access stream (?P<arn>arn:[^\s\"]{1,400}+) Please ensure the role can perform the GetRecords"
        ),
        _stream,
        "AWS Lambda's answer to CreateEventSourceMapping for a stream",
        by_role=True,
    ),
    Wording(
        _pattern(r"The role defined for the function cannot be assumed by Lambda"),
        _always("sts:AssumeRole"),
        "AWS Lambda's answer to CreateFunction; Zappa issue 1361",
        by_role=True,
        layer="resource",
    ),
    Wording(
        _pattern(r"Lambda does not have permission to access the ECR image"),
        _always("ecr:SetRepositoryPolicy"),
        "AWS Lambda Developer Guide: Create a Lambda function using a container image, Amazon ECR permissions",
    ),
    Wording(
        _pattern(r"KMS key is invalid for CreateGrant"),
        _always("kms:CreateGrant"),
        "AWS Lambda's answer to CreateFunction with a customer managed key; Serverless Framework's integration tests",
    ),
    Wording(
        _pattern(
            r"Lambda was unable to decrypt (?:the|your) environment variables because KMS access was denied"
            r"(?:.{0,200}?ciphertext refers to a customer master key)?"
        ),
        _always("kms:Decrypt"),
        "AWS Lambda Developer Guide: Troubleshoot invocation issues, KMSAccessDeniedException",
        by_role=True,
    ),
    Wording(
        _pattern(r"ciphertext refers to a customer master key that does not exist"),
        _always("kms:Decrypt"),
        "AWS KMS's answer to Decrypt (AccessDeniedException)",
    ),
)

_CREDENTIALS = re.compile(
    r"security\s+token\s+included\s+in\s+the\s+request\s+is\s+(?:invalid|expired)|InvalidClientTokenId|ExpiredToken|"
    r"UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|\bAuthFailure\b|Unable\s+to\s+locate\s+credentials|"
    r"NoCredentialsError|ProfileNotFound|config\s+profile\s+\([^)]{0,200}\)\s+could\s+not\s+be\s+found|"
    r"The\s+SSO\s+session\s+.{0,60}(?:expired|invalid)|RequestTimeTooSkewed|request\s+signature\s+we\s+calculated",
    re.IGNORECASE,
)


def about_credentials(text: str) -> bool:
    """Say whether a message is about credentials that AWS did not accept: nobody was denied a permission."""
    return bool(_CREDENTIALS.search(text))
