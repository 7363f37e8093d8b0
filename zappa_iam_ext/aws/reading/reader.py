"""The questions about a user, a role and groups, and what their answers make known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.aws.errors import code_of, scrub
from zappa_iam_ext.aws.reading.managed import ManagedPolicies
from zappa_iam_ext.aws.reading.model import HeldLayer
from zappa_iam_ext.aws.reading.named import NamedPolicies
from zappa_iam_ext.aws.reading.questions import Question, nothing, pages, why

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

_ALL = 1000
"""The most policies that IAM names in one answer (IAM API Reference, ListPolicies)."""


@dataclass(slots=True)
class Slot:
    """A place for one policy that binds the principal: an ARN, or the answer that holds an inline document."""

    source: str
    layer: HeldLayer
    arn: str = ""
    answer: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Reader:
    """Collects what binds a principal; remembers what it could not see, and what vanished while it looked."""

    iam: IAMClient
    managed: ManagedPolicies
    named: NamedPolicies
    slots: list[Slot] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    arn: str = ""
    described: Mapping[str, Any] | None = None
    alias: str = ""
    vanished: bool = False
    unknown: str = ""

    def user(self, user: str) -> Iterator[Question]:
        """Yield what is asked first about a user."""
        iam, owner, named = self.iam, f"user {user}", {"UserName": user}
        yield from self._policies()
        yield self._about("iam:GetUser", owner, lambda: iam.get_user(UserName=user)["User"])
        yield self._listing(
            "iam:ListUserPolicies",
            f"the inline policies of {owner}",
            lambda: pages(iam.get_paginator("list_user_policies"), "PolicyNames", **named),
            partial(self._user_inline, user),
        )
        yield self._listing(
            "iam:ListAttachedUserPolicies",
            f"the managed policies of {owner}",
            lambda: pages(iam.get_paginator("list_attached_user_policies"), "AttachedPolicies", **named),
            partial(self._attached, owner, "identity"),
        )
        yield self._listing(
            "iam:ListGroupsForUser",
            f"the groups of {owner}",
            lambda: pages(iam.get_paginator("list_groups_for_user"), "Groups", **named),
            lambda groups: (each for group in groups for each in self.group(group["GroupName"])),
        )

    def role(self, role: str, *, alone: bool = True, whole: bool = True) -> Iterator[Question]:
        """Yield what is asked first about a role.

        Where it is not ``alone``, others ask what is asked of the account; not ``whole`` are the role and its boundary.
        """
        iam, owner, named = self.iam, f"role {role}", {"RoleName": role}
        if alone:
            yield from self._policies()
        yield self._about("iam:GetRole", owner, lambda: iam.get_role(RoleName=role)["Role"])
        if not whole:
            return
        yield self._listing(
            "iam:ListRolePolicies",
            f"the inline policies of {owner}",
            lambda: pages(iam.get_paginator("list_role_policies"), "PolicyNames", **named),
            partial(self._role_inline, role),
        )
        yield self._listing(
            "iam:ListAttachedRolePolicies",
            f"the managed policies of {owner}",
            lambda: pages(iam.get_paginator("list_attached_role_policies"), "AttachedPolicies", **named),
            partial(self._attached, owner, "identity"),
        )

    def group(self, group: str) -> Iterator[Question]:
        """Yield what is asked about a group of the user."""
        iam, owner, named = self.iam, f"group {group}", {"GroupName": group}
        yield self._listing(
            "iam:ListGroupPolicies",
            f"the inline policies of {owner}",
            lambda: pages(iam.get_paginator("list_group_policies"), "PolicyNames", **named),
            partial(self._group_inline, group),
        )
        yield self._listing(
            "iam:ListAttachedGroupPolicies",
            f"the managed policies of {owner}",
            lambda: pages(iam.get_paginator("list_attached_group_policies"), "AttachedPolicies", **named),
            partial(self._attached, owner, "group"),
        )

    def _policies(self) -> Iterator[Question]:
        """Yield what tells the versions of all policies at once: the account's own, and those of AWS that are in use.

        Where they may not be listed, each policy is asked for its version.
        """
        iam = self.iam
        lists: tuple[Callable[[], Any], ...] = (
            lambda: iam.list_policies(Scope="Local", MaxItems=_ALL),
            lambda: iam.list_policies(Scope="AWS", OnlyAttached=True, MaxItems=_ALL),
        )
        for own, call in zip((True, False), lists, strict=True):
            yield Question("iam:ListPolicies", "all policies", call, partial(self._told, own=own), nothing)
        yield from self.named.first()
        yield Question(
            "iam:ListAccountAliases", "the account's alias", iam.list_account_aliases, self._called, nothing
        )

    def _called(self, answer: Any) -> Iterator[Question]:
        """Note the account's alias: it is for people, and missed by nobody where it may not be read."""
        self.alias = scrub(next(iter(answer["AccountAliases"]), ""))
        return iter(())

    def _told(self, answer: Any, *, own: bool) -> Iterator[Question]:
        for listed in answer["Policies"]:
            self.managed.told(listed)
            if own:
                yield from self.named.listed(listed["PolicyName"], listed["Arn"])
        if own and not answer.get("IsTruncated"):
            self.named.all_listed = True

    def _about(self, action: str, owner: str, call: Callable[[], Any]) -> Question:
        """Return the question for the principal itself: its ARN, its tags, its permissions boundary."""

        def then(described: Any) -> Iterator[Question]:
            self.arn, self.described = described["Arn"], described
            boundary = described.get("PermissionsBoundary") or {}
            arn = boundary["PermissionsBoundaryArn"] if boundary else ""
            return (
                self._managed(arn, f"{owner} / permissions boundary {arn}", "boundary") if arn else iter(())
            )

        def otherwise(question: Question, error: Exception) -> Iterator[Question]:
            if code_of(error) == "NoSuchEntity":
                self.unknown = owner
            return self._not_seen(question, error)

        return Question(action, f"the permissions boundary of {owner}", call, then, otherwise)

    def _user_inline(self, user: str, names: Iterable[str]) -> Iterator[Question]:
        iam = self.iam
        for name in names:
            call = partial(iam.get_user_policy, UserName=user, PolicyName=name)
            yield self._inline("iam:GetUserPolicy", f"user {user} / inline policy {name}", "identity", call)

    def _role_inline(self, role: str, names: Iterable[str]) -> Iterator[Question]:
        iam = self.iam
        for name in names:
            call = partial(iam.get_role_policy, RoleName=role, PolicyName=name)
            yield self._inline("iam:GetRolePolicy", f"role {role} / inline policy {name}", "identity", call)

    def _group_inline(self, group: str, names: Iterable[str]) -> Iterator[Question]:
        iam = self.iam
        for name in names:
            call = partial(iam.get_group_policy, GroupName=group, PolicyName=name)
            yield self._inline("iam:GetGroupPolicy", f"group {group} / inline policy {name}", "group", call)

    def _inline(self, action: str, source: str, layer: HeldLayer, call: Callable[[], Any]) -> Question:
        slot = Slot(source, layer)
        self.slots.append(slot)

        def then(answer: Any) -> Iterator[Question]:
            if not isinstance(answer["PolicyDocument"], str | Mapping):
                raise TypeError
            slot.answer = answer
            return iter(())

        return Question(action, source, call, then, self._not_seen)

    def _attached(self, owner: str, layer: HeldLayer, policies: Iterable[Any]) -> Iterator[Question]:
        for policy in policies:
            arn, name = policy["PolicyArn"], policy["PolicyName"]
            yield from self.named.listed(name, arn)
            yield from self._managed(arn, f"{owner} / managed policy {name}", layer)

    def _managed(self, arn: str, source: str, layer: HeldLayer) -> Iterator[Question]:
        self.slots.append(Slot(source, layer, arn))
        return self.managed.document(arn, source)

    def _listing(
        self,
        action: str,
        what: str,
        call: Callable[[], Any],
        then: Callable[[Any], Iterable[Question]],
    ) -> Question:
        return Question(action, what, call, then, self._not_seen)

    def _not_seen(self, question: Question, error: Exception) -> Iterator[Question]:
        """Note what could not be read; what was there a moment ago is looked for once more."""
        self.unreadable.append(why(question, error))
        self.vanished |= code_of(error) == "NoSuchEntity"
        return iter(())
