"""One stage of one settings file, as Zappa itself resolved it, and every name that follows from it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

UNKNOWN_ACCOUNT = "*"
RANDOM_BUCKET = "zappa-?????????"
MAX_RULE_NAME = 64
MAX_ROLE_NAME = 64
"""Characters of a role's name (IAM and STS quotas)."""
#: What Zappa accepts as the function of a scheduled event (``core.py``, ``get_scheduled_event_name``).
_EVENT_FUNCTION = re.compile(rf"[._A-Za-z0-9]{{0,{MAX_RULE_NAME - 1}}}")
TIMESTAMP = "??????????"
HASH_KEPT = 4
"""So many characters of a hash tell a function's rules from all others: a pattern for each length below that."""


@dataclass(frozen=True, slots=True)
class ExecutionRole:
    """The role that the function runs as.

    ``managed`` is Zappa's ``manage_roles``: Zappa creates the role and writes its inline policy.
    ``arn`` is set when the settings name a role by ARN (``role_arn``). The two documents and the extra
    permissions are what Zappa would write, after the settings were applied.
    """

    name: str
    arn: str | None = None
    managed: bool = True
    assume_policy: str = ""
    attach_policy: str = ""
    extra_permissions: tuple[Mapping[str, Any], ...] = ()

    @property
    def path(self) -> str:
        """The path of the role by this name, which only ``role_arn`` can tell: IAM decides on the ARN that it stores."""
        _, _, resource = str(self.arn or "").partition(":role/")
        *folders, name = resource.split("/")
        return "/".join(["", *folders, ""]) if name == self.name else "/"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a ``zappa_settings`` file, resolved.

    ``settings`` is Zappa's own ``stage_config`` (``extends`` and overrides applied). ``account_id`` is
    None until somebody knows it; ARNs then carry ``*`` in its place. ``bucket`` is None when Zappa will
    make up a name (``zappa-`` and nine random characters). ``websocket`` says that the settings or the
    source code of the project ask for a WebSocket API. ``permission_files`` are the files that ``iam_ext.permissions`` names,
    by name: what each says, or why it could not be read.
    """

    name: str
    project_name: str
    function_name: str
    settings: Mapping[str, Any]
    region: str
    zappa_version: str
    role: ExecutionRole
    partition: str = "aws"
    account_id: str | None = None
    profile_name: str | None = None
    bucket: str | None = None
    websocket: bool = False
    efs_config: tuple[Mapping[str, Any], ...] = field(default=())
    permission_files: Mapping[str, Any] = field(default_factory=dict)

    def with_account(self, account_id: str, partition: str | None = None) -> Stage:
        """Return the same stage in a known account."""
        return replace(self, account_id=account_id, partition=partition or self.partition)

    @property
    def account(self) -> str:
        """The account id, or ``*`` while it is unknown."""
        return self.account_id or UNKNOWN_ACCOUNT

    @property
    def bucket_name(self) -> str:
        """The bucket of packages and templates; a pattern when Zappa will make up the name."""
        return self.bucket or RANDOM_BUCKET

    @property
    def role_arn(self) -> str:
        """The ARN of the execution role."""
        return self.role.arn or self.named_role_arn

    @property
    def named_role_arn(self) -> str:
        """The ARN of the role that Zappa knows by name: the one it manages, or looks up."""
        return f"arn:{self.partition}:iam::{self.account}:role{self.role.path}{self.role.name}"

    @property
    def function_arn(self) -> str:
        """The unqualified ARN of the function."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.function_name}"

    @property
    def stack_name(self) -> str:
        """The CloudFormation stack bears the name of the function (``core.py``, ``update_stack``)."""
        return self.function_name

    @property
    def topic_name(self) -> str:
        """The SNS topic of asynchronous tasks (``utilities.py``, ``get_topic_name``)."""
        return f"{self.function_name}-zappa-async"

    @property
    def package_key(self) -> str:
        """The object of the uploaded package, ending in a time stamp (``core.py``, ``create_lambda_zip``)."""
        suffix = "tar.gz" if self.settings.get("slim_handler") else "zip"
        return f"{self.function_name}-{TIMESTAMP}.{suffix}"

    @property
    def handler_key(self) -> str:
        """The object of the slim handler's own package."""
        return f"handler_{self.function_name}-{TIMESTAMP}.zip"

    @property
    def archive_key(self) -> str:
        """The object from which a slim handler loads the project (``_get_slim_handler_archive_name``)."""
        return f"{self.name}_{self.project_name}_current_project.tar.gz"

    @property
    def template_key(self) -> str:
        """The object of the uploaded CloudFormation template (``core.py``, ``update_stack``)."""
        return f"{self.function_name}-template-{TIMESTAMP}.json"

    @property
    def function_hash(self) -> str:
        """The hash that stands for a long function name in rule names (``get_hashed_lambda_name``)."""
        return hashlib.sha1(self.function_name.encode()).hexdigest()  # noqa: S324  -- Zappa's own choice

    def rule_name(self, event: Mapping[str, Any], index: int = 0) -> str | None:
        """Return the name of the EventBridge rule of one scheduled event; None for an event that Zappa refuses.

        Zappa shortens what is too long by hashing the function name
        (``core.py``, ``get_scheduled_event_name``).
        """
        function = str(event["function"])
        name = str(event.get("name", function))
        name = name if name == function else f"{name}-{function}"
        name = f"{index}-{name}" if index else name
        if not _EVENT_FUNCTION.fullmatch(function) or len(name) >= MAX_RULE_NAME:
            return None
        full = _event_name(self.function_name, name)
        if len(full) < MAX_RULE_NAME:
            return full
        return _event_name(self.function_hash, name)

    def rule_patterns(self) -> tuple[str, ...]:
        """Return patterns of every rule name that Zappa can make for the function, whatever its events.

        A name is ``FUNCTION-EVENT`` where that is shorter than 64 characters. Else as much of the function's hash as
        fits goes before the event's name, which has up to 63 characters: from none of the hash on, all names have 64
        characters, until the whole hash fits (``core.py``, ``get_scheduled_event_name``, ``get_event_name``).
        """
        room = MAX_RULE_NAME - 1
        whole = (f"{self.function_name}-*",) if len(self.function_name) < room - 1 else ()
        hashed = self.function_hash
        cut = range(min(HASH_KEPT, len(self.function_name) + 1))
        longest = tuple(f"{hashed[:kept]}-{'?' * (room - kept)}" for kept in cut)
        return (*whole, *((f"{hashed[:HASH_KEPT]}*",) if len(cut) == HASH_KEPT else ()), *longest)


def _event_name(prefix: str, postfix: str) -> str:
    width = max(0, MAX_RULE_NAME - 1 - len(postfix))
    return f"{prefix[:width]}-{postfix}"[:MAX_RULE_NAME]
