"""What a placeholder of the tables may be put through: ``{FunctionName|function}``. Text in, text out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zappa_iam_ext.permissions.tables.templating import UNKNOWN, Filter


def _function_name(text: str) -> str:
    """Return the bare name of a function given by name, ARN or partial ARN, without its qualifier."""
    parts = text.split(":")
    if "function" in parts:
        return parts[parts.index("function") + 1]
    return parts[0]


def _qualified_name(text: str) -> str:
    """Return ``name`` or ``name:qualifier`` of a function given by name, ARN or partial ARN."""
    parts = text.split(":")
    if "function" in parts:
        return ":".join(parts[parts.index("function") + 1 :])
    return text


def _stack_name(text: str) -> str:
    return text.rsplit(":", maxsplit=1)[-1].removeprefix("stack/").split("/")[0]


def _last(text: str) -> str:
    """Return what follows the last colon or slash: the name in an ARN."""
    return text.rsplit(":", 1)[-1].rsplit("/", 1)[-1]


def _host_and_path(url: str) -> str:
    """Return a URL without its scheme, as the ARN of an identity provider has it."""
    return url.removeprefix("https://")


def _repository(uri: str) -> str:
    """Return the ECR repository of an image URI."""
    path = uri.split("/", 1)[-1] if "/" in uri else uri
    return path.split("@")[0].split(":")[0]


def _registry_account(uri: str) -> str:
    return uri.split(".", 1)[0] if ".dkr." in uri else "*"


def _registry_region(uri: str) -> str:
    parts = uri.split("/", 1)[0].split(".")
    return parts[3] if len(parts) > 3 and parts[1:3] == ["dkr", "ecr"] else "*"  # noqa: PLR2004


def _record(name: str) -> str:
    """Return a record name as Route 53 normalises it: lower case, no dot at the end, odd characters in octal."""
    if name == UNKNOWN:
        return name
    return re.sub(r"[^a-z0-9_.-]", lambda odd: f"\\{ord(odd[0]):03o}", name.lower().removesuffix("."))


def _kms_key(arn: str) -> str:
    """Return the key's ARN; behind an alias stands a key of the same account that only AWS knows."""
    return f"{arn.partition(':alias/')[0]}:key/*" if ":alias/" in arn else arn


def _boolean(text: str) -> str:
    return text.lower()


def _s3_path(url: str) -> str:
    """Return ``bucket/key`` of a path-style S3 URL, as Zappa writes it."""
    return url.split("://", 1)[-1].partition("/")[2] or url


FILTERS: Mapping[str, Filter] = {
    "boolean": _boolean,
    "function": _function_name,
    "host_and_path": _host_and_path,
    "kms_key": _kms_key,
    "last": _last,
    "qualified": _qualified_name,
    "record": _record,
    "registry_account": _registry_account,
    "registry_region": _registry_region,
    "repository": _repository,
    "s3_path": _s3_path,
    "stack": _stack_name,
}
