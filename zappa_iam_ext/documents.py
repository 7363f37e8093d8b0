"""Policy documents in files, hand-made ones with placeholders included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from zappa_iam_ext.errors import InvalidPolicyDocument, ZappaIamError
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.iam.synthesis import MANAGED_POLICY_LIMIT
from zappa_iam_ext.permissions.stage import Stage

_ACCOUNT = re.compile(r":([0-9]{12}):")
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


def read_documents(path: str | Path, account: str, region: str = "") -> tuple[PolicyDocument, ...]:
    """Return the policy document in a file, or the documents of a JSON list, as `zappa-iam policy --split` prints.

    ``<ACCOUNT_ID>`` and ``<REGION>`` are filled in; case does not matter. Raises `InvalidPolicyDocument` for a
    placeholder that we cannot fill.
    """
    return _filled(path, account=account, region=region, bucket="")


def hand_made_documents(path: str | Path, stage: Stage) -> tuple[PolicyDocument, ...]:
    """Return what `read_documents` returns, ``<s3_bucket ...>`` filled in as well, all as the stage has it."""
    return _filled(path, account=stage.account, region=stage.region, bucket=stage.bucket_name)


def _filled(path: str | Path, *, account: str, region: str, bucket: str) -> tuple[PolicyDocument, ...]:
    def value(match: re.Match[str]) -> str:
        name = match[0].strip("<>").lower().replace("-", "_")
        known = ""
        if name in {"account_id", "accountid", "aws_account_id"}:
            known = account
        elif name in {"region", "aws_region"}:
            known = region
        elif name.startswith("s3_bucket"):
            known = bucket
        if known:
            return known
        raise InvalidPolicyDocument(
            f"the placeholder {match[0]} of {path} means nothing to us",
            path="",
            hint="Known placeholders: <ACCOUNT_ID>, <REGION>, <S3_BUCKET>; the bucket where a stage is named.",
        )

    return parse_documents(_PLACEHOLDER.sub(value, read_text(path)), path)


def named_account(files: Iterable[str | Path]) -> str:
    """Return the only account that the documents in these files name; empty when they name none or several."""
    named = {number for path in files for number in _ACCOUNT.findall(read_text(path))}
    return named.pop() if len(named) == 1 else ""


def parse_documents(
    text: str, name: str | Path, *, readable: bool = True, trusts: bool = False
) -> tuple[PolicyDocument, ...]:
    """Return the document of a text, or the documents of a JSON list; ``name`` stands in the error.

    Raises `InvalidPolicyDocument`. ``readable`` is that of `PolicyDocument.parse`; ``trusts`` takes trust policies too.
    """
    listed = _listed(text)
    if listed is None:
        return (_parse(text, name, "$", readable=readable, trusts=trusts),)
    return tuple(
        _parse(each, name, f"$[{index}]", readable=readable, trusts=trusts)
        for index, each in enumerate(listed)
    )


def _parse(source: Any, name: str | Path, root: str, *, readable: bool, trusts: bool) -> PolicyDocument:
    """Return one document; in its error paths begin at ``root``."""
    try:
        from zappa_iam_ext.iam.trust import is_trust_policy

        kind = PolicyKind.TRUST if trusts and is_trust_policy(source) else PolicyKind.IDENTITY
        return PolicyDocument.parse(source, kind, readable=readable)
    except InvalidPolicyDocument as error:
        raise InvalidPolicyDocument(
            f"{error.reason} (rule: {error.rule})" if error.rule else error.reason,
            path=error.path.replace("$", root, 1),
            rule=error.rule,
            hint=error.hint or "AWS would refuse it as MalformedPolicyDocument.",
            document=str(name),
        ) from error


def _listed(text: str) -> list[Any] | None:
    """Return the members of a JSON list; none when the text is something else, or an empty list."""
    if not text.lstrip().startswith("["):
        return None
    try:
        return json.loads(text) or None
    except (ValueError, RecursionError):
        return None
