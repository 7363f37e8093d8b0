"""Denials that name neither action nor operation: a bare 403, a code and nothing behind it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.text import near
from zappa_iam_ext.permissions.denials.wordings.deployer import about_credentials
from zappa_iam_ext.permissions.denials.wordings.services import prefix_of

_AROUND = 400
"""Characters around a code in which the text says which service answered."""
_APART = 2000
"""Characters within which a code belongs to what was said of the same denial."""
BARE = re.compile(
    r"\b(?:KMS\.?|EC2)?AccessDenied(?:Exception|Fault)?\b|\b(?:Client\.)?UnauthorizedOperation\b|\bUnauthorizedException\b"
    r"|\bNotAuthorizedException\b|\bForbiddenException\b|\bUnauthorizedTaggingOperation\b|\bAuthorizationError(?:Exception)?\b"
    r"|\bstatus\s?code:?\s*403\b|\b[Aa]ccess [Dd]enied\b(?!\s+(?:for|to)\s+user)"
    r"|\b403[ :]+(?:Client Error: )?Forbidden\b(?=[^\n]{0,300}amazonaws\.com)"
    r"|[\"'][Mm]essage[\"']\s*:\s*[\"']Forbidden[\"']|\bnot authorized to perform this (?:operation|action)\b",
    re.IGNORECASE,
)
#: One of these is in each of them, in small letters.
WORDS = (
    "denied",
    "unauthorized",
    "notauthorized",
    "perform this",
    "authorizationerror",
    "forbidden",
    "403",
)
_EC2 = re.compile(r"UnauthorizedOperation|not authorized to perform this operation", re.IGNORECASE)
_PRODUCTS = (
    "API Gateway",
    "Certificate Manager",
    "CloudFormation",
    "CloudFront",
    "CloudWatch Events",
    "CloudWatch Logs",
    "CloudWatch",
    "Cognito",
    "DynamoDB",
    "EventBridge",
    "Lambda",
    "Route 53",
    "Secrets Manager",
    "Step Functions",
    *("EC2", "ECR", "EFS", "IAM", "KMS", "S3", "SNS", "SQS", "SSM", "STS"),
)
_SERVICE = re.compile(
    r"\(Service:\s*(?P<java>\w{2,40})|operation error (?P<go>[\w ]{2,40}):|\bAWS::(?P<type>\w{2,40})::"
    r"|\b(?P<host>[a-z0-9-]{2,40})(?:\.[a-z0-9-]{2,20})?\.amazonaws\.com"
    rf"|\b(?P<product>{'|'.join(_PRODUCTS)})\b"
)
#: An answer of something else than AWS's permissions: a database, a file system, a package index.
_NOT_AWS = re.compile(r"using password|pypi|docker\.io|\bMySQL|psycopg|\[Errno 13\]|CSRF", re.IGNORECASE)

_Found = tuple[int, int, Denial]


def bare_denials(text: str, small: str, known: list[int]) -> Iterator[_Found]:
    """Yield the codes that stand alone: one of several near one another, none near what is known already.

    ``small`` is the text in small letters; ``known`` are the places, in order, of the denials that say more.
    """
    last = -_APART
    after = 0
    for match in near(BARE, WORDS, text, small, before=80, after=500):
        start = match.start()
        while after < len(known) and known[after] < start:
            after += 1
        close = [place for place in known[max(0, after - 1) : after + 1] if abs(place - start) < _APART]
        if close or start - last < _APART:
            last = start if start - last < _APART and not close else last
            continue
        around = text[max(0, start - _AROUND) : match.end() + _AROUND]
        if about_credentials(around) or _NOT_AWS.search(around):
            continue
        last = start
        yield start, match.end(), Denial(service=_service(text, start, match))


def _service(text: str, start: int, match: re.Match[str]) -> str:
    after = text[start : match.end() + _AROUND]
    if _EC2.search(match[0]):
        return "ec2"
    before = list(_SERVICE.finditer(text[max(0, start - _AROUND) : start]))
    for found in [*_SERVICE.finditer(after), *reversed(before)]:
        prefix = prefix_of(next(filter(None, found.groups())))
        if prefix:
            return prefix
    return ""
