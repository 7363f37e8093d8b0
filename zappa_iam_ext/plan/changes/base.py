"""What every change has: how it is shown, and the API call that makes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar

from zappa_iam_ext.permissions.model import Call


class Symbol(StrEnum):
    """How a change is marked, as Terraform marks it."""

    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a plan. Its text says it in words; ``call`` is the API call that makes it."""

    symbol: ClassVar[Symbol] = Symbol.ADD

    def call(self) -> Call | None:
        """Return the API call that makes the change; None where no AWS call does (files)."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """Return the change by its name, in words, and with its fields."""
        return {
            "change": type(self).__name__,
            "symbol": str(self.symbol),
            "summary": str(self),
            **asdict(self, dict_factory=_jsonable),
        }


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as AWS's APIs take them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def policy_name(arn: str) -> str:
    """Return the name of the policy with this ARN."""
    return arn.rpartition("/")[2]


def _jsonable(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in pairs}
