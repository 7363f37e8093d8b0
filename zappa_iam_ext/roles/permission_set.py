"""What an administrator of IAM Identity Center pastes, so that people deploy without keys. Never applied by us.

Limits: IAM Identity Center User Guide, "AWS account limits" (an inline policy of a permission set becomes one of a role:
10,240 characters, white space not counted) and "Permission set" (name of 32 characters, sessions of 1 to 12 hours).
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.roles.boundary import INLINE_POLICY, BoundedRole

INLINE_LIMIT = 10_240
MAX_NAME = 32
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """A permission set: its name, the document (several only where one is too long), and the roles made beside it.

    ``documents`` are policies by name. ``session`` is in seconds.
    """

    name: str
    account: str
    stages: tuple[str, ...]
    documents: Mapping[str, PolicyDocument]
    session: int = _HOUR
    execution: tuple[BoundedRole, ...] = ()

    @property
    def inline(self) -> PolicyDocument | None:
        """The only document, where it fits an inline policy; else the documents are customer managed policies."""
        documents = tuple(self.documents.values())
        return documents[0] if len(documents) == 1 and documents[0].size <= INLINE_LIMIT else None

    @property
    def duration(self) -> str:
        """How long a session lasts, as ISO 8601 writes it."""
        hours, rest = divmod(self.session, _HOUR)
        minutes = rest // 60
        return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")

    def to_json(self) -> dict[str, Any]:
        """Return all that is pasted."""
        inline = self.inline
        return {
            "name": self.name,
            "account": self.account,
            "stages": list(self.stages),
            "session_duration": self.duration,
            "inline_policy": inline.to_dict() if inline else None,
            "managed_policies": {}
            if inline
            else {name: document.to_dict() for name, document in self.documents.items()},
            "commands": list(commands(self)),
        }


def set_name(projects: Sequence[str]) -> str:
    """Return the name of a permission set for projects."""
    return re.sub(r"[^\w+=,.@-]", "-", f"ZappaDeploy-{'-'.join(projects)}", flags=re.ASCII)[:MAX_NAME].rstrip(
        "-"
    )


def permission_set_text(wanted: PermissionSet) -> str:
    """Return the steps, the same as AWS CLI commands, and the document to paste."""
    return "\n".join(
        [*_steps(wanted), "", "With the AWS CLI:", "", *_indented(commands(wanted)), "", *_pasted(wanted)]
    )


def _steps(wanted: PermissionSet) -> Iterator[str]:
    yield f"Permission set {wanted.name}, for {', '.join(wanted.stages)} in account {wanted.account}. Nothing was changed."
    yield ""
    number = 1
    if wanted.execution:
        names = ", ".join(role.name for role in wanted.execution)
        yield f"{number}. In the account itself: make the execution role and its boundary ({names}), by the commands below."
        number += 1
    inline = wanted.inline
    if inline is None:
        yield f"{number}. In each account: make the customer managed policies {', '.join(wanted.documents)}."
        number += 1
    yield f"{number}. IAM Identity Center, Permission sets, Create permission set, Custom permission set."
    if inline is not None:
        yield f"{number + 1}. Inline policy: paste the document ({inline.size:,} of {INLINE_LIMIT:,} characters)."
    else:
        yield f"{number + 1}. Customer managed policies: attach {', '.join(wanted.documents)}."
    yield f"{number + 2}. Name {wanted.name}, session duration {wanted.duration}."
    yield f"{number + 3}. AWS accounts: assign users or groups to account {wanted.account} with this permission set."
    yield f"{number + 4}. Edit the permission set when the stages change; AWS lets nobody edit the role that is made of it."


def commands(wanted: PermissionSet) -> Iterator[str]:
    """Yield AWS CLI commands; words in capitals are to be filled in."""
    for role in wanted.execution:
        yield from _execution(role)
    if wanted.inline is None:
        for name, document in wanted.documents.items():
            yield _aws("iam", "create-policy", "--policy-name", name, "--policy-document", document.to_json())
    yield _aws(
        "sso-admin",
        "create-permission-set",
        "--instance-arn",
        "INSTANCE_ARN",
        "--name",
        wanted.name,
        "--session-duration",
        wanted.duration,
    )
    own = ("--instance-arn", "INSTANCE_ARN", "--permission-set-arn", "PERMISSION_SET_ARN")
    if wanted.inline is not None:
        text = wanted.inline.to_json()
        yield _aws("sso-admin", "put-inline-policy-to-permission-set", *own, "--inline-policy", text)
    else:
        for name in wanted.documents:
            reference = f"Name={name},Path=/"
            yield _aws(
                "sso-admin",
                "attach-customer-managed-policy-reference-to-permission-set",
                *own,
                "--customer-managed-policy-reference",
                reference,
            )
    target = ("--target-type", "AWS_ACCOUNT", "--target-id", wanted.account)
    principal = ("--principal-type", "GROUP", "--principal-id", "GROUP_ID")
    yield _aws("sso-admin", "create-account-assignment", *own, *target, *principal)


def _execution(role: BoundedRole) -> Iterator[str]:
    if role.limit:
        yield _aws(
            "iam",
            "create-policy",
            "--policy-name",
            role.boundary_name,
            "--policy-document",
            _compact(role.limit),
        )
    yield _aws(
        "iam",
        "create-role",
        "--role-name",
        role.name,
        "--assume-role-policy-document",
        _compact(role.trust),
        "--permissions-boundary",
        role.boundary_arn,
    )
    yield _aws(
        "iam",
        "put-role-policy",
        "--role-name",
        role.name,
        "--policy-name",
        INLINE_POLICY,
        "--policy-document",
        _compact(role.policy),
    )


def _pasted(wanted: PermissionSet) -> Iterator[str]:
    if wanted.inline is not None:
        yield "The inline policy:"
        yield wanted.inline.to_json(indent=2)
        return
    for name, document in wanted.documents.items():
        yield f"The policy {name}:"
        yield document.to_json(indent=2)


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _aws(*words: str) -> str:
    return shlex.join(["aws", *words])


def _compact(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
