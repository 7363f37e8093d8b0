"""Policy documents in files, hand-made ones with placeholders included."""

from __future__ import annotations

import re
from pathlib import Path

from zappa_iam_ext.errors import InvalidPolicyDocument, ZappaIamError
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.synthesis import MANAGED_POLICY_LIMIT
from zappa_iam_ext.permissions.stage import Stage

_PLACEHOLDER = re.compile(r"<[A-Za-z][^<>]{0,80}>")
MAX_SIZE = 1_000_000


class UnreadableDocument(ZappaIamError):
    """A policy file that cannot be read."""


def read_text(path: str | Path) -> str:
    """Return the text of a policy file; raise `UnreadableDocument` when there is none."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UnreadableDocument(
            f"the policy document {path} cannot be read: {error.strerror}",
            hint="Name a JSON file that exists.",
        ) from error
    if len(data) > MAX_SIZE:
        raise UnreadableDocument(
            f"the policy document {path} is too large to be one",
            hint=f"IAM allows {MANAGED_POLICY_LIMIT:,} characters.",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocument(
            f"the policy document {path} is not UTF-8 text", hint="Save it as UTF-8."
        ) from error


def read_document(path: str | Path) -> PolicyDocument:
    """Return the policy document in a file."""
    return _parse(read_text(path), path)


def hand_made_document(path: str | Path, stage: Stage) -> PolicyDocument:
    """Return a hand-made policy document, its placeholders filled in for the stage.

    ``<ACCOUNT_ID>`` becomes the account, ``<REGION>`` the region, ``<s3_bucket ...>`` the bucket; case does
    not matter. Raises `InvalidPolicyDocument` for a placeholder that we cannot fill.
    """

    def value(match: re.Match[str]) -> str:
        name = match[0].strip("<>").lower().replace("-", "_")
        if name in {"account_id", "accountid", "aws_account_id"}:
            return stage.account
        if name in {"region", "aws_region"}:
            return stage.region
        if name.startswith("s3_bucket"):
            return stage.bucket_name
        raise InvalidPolicyDocument(
            f"the placeholder {match[0]} of {path} means nothing to us",
            hint="Known placeholders: <ACCOUNT_ID>, <REGION>, <S3_BUCKET>.",
        )

    return _parse(_PLACEHOLDER.sub(value, read_text(path)), path)


def _parse(text: str, path: str | Path) -> PolicyDocument:
    try:
        return PolicyDocument.parse(text)
    except InvalidPolicyDocument as error:
        raise InvalidPolicyDocument(
            f"{path} is not a policy document: {error}",
            path=error.path,
            rule=error.rule,
            hint=error.hint or "AWS would refuse it as MalformedPolicyDocument.",
        ) from error
