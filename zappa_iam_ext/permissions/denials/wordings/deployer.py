"""The wordings of a denial that name no action in IAM's form: each with what it means, and where AWS or Zappa says it.

Here is what whoever deploys lacks; what the execution role and what services lack is in `roles`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.wordings.services import action_of, prefix_of

Reading = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence of AWS or Zappa, and the denial that it means.

    One of ``words``, in small letters, is in each of them: only around these the pattern is tried. ``denial`` is what every such sentence means; ``reading`` adds what a match says. ``source`` is the page, the
    source file or the public report that the sentence is from.
    """

    words: tuple[str, ...]
    pattern: re.Pattern[str]
    denial: Denial
    source: str
    reading: Callable[[re.Match[str], str], Reading] | None = None

    def read(self, match: re.Match[str], before: str) -> Denial:
        """Return the denial that a match means; ``before`` are the words that stand before it."""
        if self.reading is None:
            return self.denial
        told = self.reading(match, before)
        return replace(self.denial, **{key: value for key, value in told.items() if value})


def pattern(text: str) -> re.Pattern[str]:
    """Compile a sentence whose words may stand on several lines."""
    return re.compile(text.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def _by_service(match: re.Match[str], _: str) -> Reading:
    service = match["service"].lower()
    what = match["what"].rstrip(".,")
    resource = what if what.startswith("arn:") else f"arn:aws:s3:::{what}" if service == "s3" else ""
    return {"action": f"{service}:{match['call']}", "resource": resource}


def _translated(match: re.Match[str], _: str) -> Reading:
    return {
        "action": match["action"],
        "principal": match["principal"].rstrip(".,;"),
        "resource": (match["resource"] or "").rstrip(".,;"),
    }


def _bucket(match: re.Match[str], _: str) -> Reading:
    return {"resource": f"arn:aws:s3:::{match['bucket']}"}


_ACCOUNT = re.compile(r"User\s+with\s+accountId:\s*(?P<account>[^\s\"]{1,40})\s+(?:is\s+)?\Z", re.IGNORECASE)
_STACK_ROLE = re.compile(r"(?:provided|service|CloudFormation)\s+role\s+(?:is\s+)?\Z", re.IGNORECASE)


def _unprefixed(match: re.Match[str], before: str) -> Reading:
    """Read an operation that stands without its service; with tags, tagging is what is missing."""
    operation = match["operation"]
    prefix = prefix_of(match["service"] or (match["host"] or "").rstrip("."))
    plain = action_of(operation, prefix)
    principal = (_ACCOUNT.search(before) or {"account": ""})["account"].strip("\"'.,;")
    if not match["tags"]:
        of_stack = bool(_STACK_ROLE.search(before))
        return {
            "action": plain,
            "operation": operation,
            "principal": principal,
            "by_service_role": of_stack,
        }
    service = plain.partition(":")[0] or prefix
    tagging = action_of("TagResource", service) if service else ""
    return {"action": tagging, "operation": operation, "principal": principal}


def _service_linked_role(match: re.Match[str], before: str) -> Reading:
    """Read the service whose role is meant, where the sentence or what stands around it names it."""
    named = (
        match["service"]
        or (match["host"] or "").rstrip(".")
        or (_PRODUCT.search(before) or {"service": ""})["service"]
    )
    return {"service": prefix_of(named)}


_PRODUCT = re.compile(
    r"(?P<service>CloudFront|API Gateway|Elastic Load Balancing|EFS|ECS|RDS)(?![\s\S]{0,200}service)"
)
_LINKED = Denial(action="iam:CreateServiceLinkedRole")
_SERVICE_TAIL = r"(?:.{0,40}?(?:\(Service: (?P<service>[\w. -]{2,60})(?=[;,)])|for (?P<host>[\w.-]{1,50}amazonaws[\w.-]{1,20})))?"

DEPLOYER_WORDINGS: tuple[Wording, ...] = (
    Wording(
        ("credentials",),
        pattern(
            r"denied by (?P<service>[A-Z]\w{1,12}), please make sure your request credentials have permission to"
            r" (?P<call>\w{1,60}) for (?P<what>[^\s\"<>]{1,1200}+)"
        ),
        Denial(service="lambda"),
        "AWS Lambda's answer to CreateFunction and UpdateFunctionCode: what it reads, it reads as the caller",
        _by_service,
    ),
    Wording(
        ("denied",),
        pattern(r"S3 error: Access Denied"),
        Denial(action="s3:GetObject", service="cloudformation"),
        "CloudFormation's answer to CreateStack and UpdateStack: the template is read as the caller",
    ),
    Wording(
        ("denied",),
        pattern(r"Access denied for S3 bucket '(?P<bucket>[^'\s]{1,63})'"),
        Denial(action="s3:ListBucket", operation="HeadBucket"),
        "zappa core.py: Zappa.upload_to_s3",
        _bucket,
    ),
    Wording(
        ("automatically",),
        pattern(
            r"lack the necessary AWS permissions to automatically manage a (?:\"?Zappa\"? )?execution role"
        ),
        Denial(action="iam:CreateRole"),
        "zappa cli.py: ZappaCLI.deploy, ZappaCLI.update",
    ),
    Wording(
        ("ecr",),
        pattern(r"Lambda does not have permission to access the ECR image"),
        Denial(action="ecr:SetRepositoryPolicy"),
        "AWS Lambda Developer Guide: Create a Lambda function using a container image, Amazon ECR permissions",
    ),
    Wording(
        ("creategrant",),
        pattern(r"KMS key is invalid for CreateGrant"),
        Denial(action="kms:CreateGrant"),
        "AWS Lambda's answer to CreateFunction with a customer managed key; Serverless Framework's integration tests",
    ),
    Wording(
        ("ciphertext",),
        pattern(r"ciphertext refers to a customer master key that does not exist"),
        Denial(action="kms:Decrypt"),
        "AWS KMS's answer to Decrypt (AccessDeniedException)",
    ),
    Wording(
        ("linked",),
        pattern(
            r"(?:permissions?|authorized|allowed|able) to create (?:or assume )?(?:a |an |the )?service[ -]linked[ -]role\w?"
            + _SERVICE_TAIL
        ),
        _LINKED,
        "API Gateway's answer to CreateDomainName (serverless-domain-manager issue 112); CloudFront's to CreateDistribution",
        _service_linked_role,
    ),
    Wording(
        ("linked",),
        pattern(r"service[ -]linked[ -]role creation access denied" + _SERVICE_TAIL),
        _LINKED,
        "Service Quotas' answer (org-formation aws-resource-providers issue 75)",
        _service_linked_role,
    ),
    Wording(
        ("authorized", "permission"),
        pattern(
            r"(?:not authorized to perform|(?:does not|doesn't) have permissions? to (?:perform|call)):? "
            r"(?P<operation>(?-i:[A-Z][a-zA-Z0-9]{3,60}))(?P<tags> with tags)?(?![\w:])" + _SERVICE_TAIL
        ),
        Denial(),
        "CloudWatch Logs' answer to CreateLogGroup with tags (aws-parallelcluster issue 4529)",
        _unprefixed,
    ),
    Wording(
        ("nicht", "autoris", "autoriz"),
        pattern(
            r"(?P<principal>arn:[^\s\"'<>]{1,1500}+)['\"]? (?:ist nicht (?:berechtigt|autorisiert|befugt)|n['\u2019]est pas autoris\u00e9e?|no est\u00e1"
            r" autorizad[oa])[^\n:]{0,80}?:?\s*['\"]?(?P<action>[a-z0-9-]{2,40}:[A-Za-z0-9]{2,80})"
            r"(?:[^\n]{0,40}?['\"]?(?P<resource>arn:[^\s\"'<>]{1,1500}+))?"
        ),
        Denial(),
        "a browser's translation of AWS's sentence: German, French, Spanish",
        _translated,
    ),
    Wording(
        ("tagging",),
        pattern(r"permissions error performing a tagging operation(?!.{0,300}?not authorized)"),
        Denial(operation="TagResource"),
        "AWS re:Post Knowledge Center: cloudformation-tagging-permission-error",
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
