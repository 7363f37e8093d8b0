"""The access keys of a user: what is known of them, and the calls of a rotation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.aws.documents import tags_from
from zappa_iam_ext.aws.errors import translated
from zappa_iam_ext.errors import AccessDenied, UnknownPrincipal
from zappa_iam_ext.plan import CurrentKey
from zappa_iam_ext.plan.rotation import (
    ROTATED,
    ROTATING,
    UserKey,
    UserKeys,
    described,
    rotated_tag,
    rotating_tag,
)

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


def user_keys(iam: IAMClient, user: str, profile: str, held: str | None) -> UserKeys:
    """Return the user's keys with their age and last use; ``held`` is the id that the profile holds.

    Raises `AccessDenied`, `UnknownPrincipal`, `AwsUnavailable`.
    """
    with translated("iam:GetUser"):
        try:
            found = iam.get_user(UserName=user)["User"]
        except iam.exceptions.NoSuchEntityException:
            raise UnknownPrincipal(f"IAM has no user {user}") from None
    with translated("iam:ListAccessKeys"):
        pages = iam.get_paginator("list_access_keys").paginate(UserName=user)
        listed = [key for page in pages for key in page["AccessKeyMetadata"]]
    keys = tuple(sorted(_described(iam, listed), key=lambda key: key.created))
    return UserKeys(user, profile, held, keys, tags_from(found))


def told_keys(iam: IAMClient, user: str, keys: Sequence[CurrentKey]) -> Iterator[CurrentKey]:
    """Yield keys with their age and last use, as far as these may be asked."""
    told: dict[str, str] = {}
    with suppress(AccessDenied, UnknownPrincipal):
        told = {key.access_key_id: described(key) for key in user_keys(iam, user, "", None).keys}
    for key in keys:
        yield replace(key, told=told.get(key.access_key_id, ""))


def _described(iam: IAMClient, listed: list[Any]) -> Iterator[UserKey]:
    for key in listed:
        with translated("iam:GetAccessKeyLastUsed"):
            used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
        named = {
            name: "" if used.get(name) in {None, "N/A"} else str(used.get(name))
            for name in ("ServiceName", "Region")
        }
        yield UserKey(
            key["AccessKeyId"],
            key["Status"] == "Active",
            key["CreateDate"],
            used.get("LastUsedDate"),
            named["ServiceName"],
            named["Region"],
        )


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """The changes of a rotation, each one call; they raise our errors."""

    iam: IAMClient

    def begin(self, there: UserKeys) -> None:
        """Remember in the user's tags that a key is about to be made, with the time by AWS's clock."""
        with translated("iam:ListAccessKeys"):
            answer = self.iam.list_access_keys(UserName=there.user)
        value = rotating_tag(_time_of(answer), (key.access_key_id for key in there.keys), there.held or "")
        self._tag(there.user, ROTATING, value)

    def deactivate(self, there: UserKeys, key_id: str) -> None:
        """Make a key inactive, and remember that a rotation did."""
        self._tag(there.user, ROTATED, rotated_tag(there, key_id))
        with translated("iam:UpdateAccessKey"):
            self.iam.update_access_key(UserName=there.user, AccessKeyId=key_id, Status="Inactive")

    def end(self, user: str) -> None:
        """Forget that a rotation was begun."""
        with translated("iam:UntagUser"):
            self.iam.untag_user(UserName=user, TagKeys=[ROTATING])

    def _tag(self, user: str, key: str, value: str) -> None:
        with translated("iam:TagUser"):
            self.iam.tag_user(UserName=user, Tags=[{"Key": key, "Value": value}])


def _time_of(answer: Any) -> datetime:
    """Return the time of an answer by the clock of who answered; ours where it says none."""
    told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return datetime.now(UTC)
