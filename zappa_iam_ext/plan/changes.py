"""Each change a plan can hold, and the plan itself: frozen, readable, JSON-ready. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CreateUser:
    """``iam:CreateUser``."""

    user: str
    path: str
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"create the IAM user {self.user}"


@dataclass(frozen=True, slots=True)
class CreatePolicy:
    """``iam:CreatePolicy``."""

    arn: str
    name: str
    path: str
    document: Mapping[str, Any]
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"create the policy {self.name}"


@dataclass(frozen=True, slots=True)
class DeletePolicyVersion:
    """``iam:DeletePolicyVersion``: makes room for a new one; never the default version."""

    arn: str
    version: str

    def __str__(self) -> str:
        return f"delete the old version {self.version} of {self.arn}"


@dataclass(frozen=True, slots=True)
class CreatePolicyVersion:
    """``iam:CreatePolicyVersion``, set as default."""

    arn: str
    document: Mapping[str, Any]

    def __str__(self) -> str:
        return f"write a new default version of {self.arn}"


@dataclass(frozen=True, slots=True)
class TagPolicy:
    """``iam:TagPolicy``: remembers what we wrote."""

    arn: str
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"mark {self.arn} as written by zappa-iam-ext"


@dataclass(frozen=True, slots=True)
class AttachUserPolicy:
    """``iam:AttachUserPolicy``."""

    user: str
    arn: str

    def __str__(self) -> str:
        return f"attach {self.arn} to the user {self.user}"


@dataclass(frozen=True, slots=True)
class DetachUserPolicy:
    """``iam:DetachUserPolicy``: of a numbered part that we made and no longer need."""

    user: str
    arn: str

    def __str__(self) -> str:
        return f"detach {self.arn} from the user {self.user}: no longer needed"


@dataclass(frozen=True, slots=True)
class CreateAccessKey:
    """``iam:CreateAccessKey``; ``existing`` are the ids that were there before."""

    user: str
    existing: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"create an access key for the user {self.user}"


@dataclass(frozen=True, slots=True)
class WriteProfile:
    """Write the new access key into the profile of the credentials file, and the region into the config file."""

    profile: str
    region: str | None = None
    overwrite: bool = False

    def __str__(self) -> str:
        return f"write the access key into the profile {self.profile}"


Change = (
    CreateUser
    | CreatePolicy
    | DeletePolicyVersion
    | CreatePolicyVersion
    | TagPolicy
    | AttachUserPolicy
    | DetachUserPolicy
    | CreateAccessKey
    | WriteProfile
)


@dataclass(frozen=True, slots=True)
class Concern:
    """Why a plan is unsafe: what it would touch that is not ours to change."""

    subject: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes in the order in which they are made, and what makes them unsafe."""

    changes: tuple[Change, ...] = ()
    concerns: tuple[Concern, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.changes

    @property
    def unsafe(self) -> bool:
        """Whether applying it would change what somebody else made or edited."""
        return bool(self.concerns)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON: each change with its name and its fields. It never holds a secret."""
        return {
            "changes": [
                {"change": type(c).__name__, "summary": str(c), **asdict(c, dict_factory=_jsonable)}
                for c in self.changes
            ],
            "concerns": [asdict(concern) for concern in self.concerns],
            "unsafe": self.unsafe,
        }


def _jsonable(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in pairs}
