"""The policies that bind a principal, read from IAM with list and get calls, each with its origin.

What may not be read is named, never passed over: with a policy missing from view nothing but an explicit
deny is certain. The calls are those of ``permissions/tables/own_calls/principal_policies.toml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.errors import DENIED, code_of, scrub, translate
from zappa_iam_ext.aws.self_inspection import self_inspection_grants
from zappa_iam_ext.errors import InvalidPolicyDocument, UnknownPrincipal
from zappa_iam_ext.iam import PolicyDocument, PolicySet, Principal, PrincipalKind

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

__all__ = [
    "HeldPolicy",
    "PrincipalPolicies",
    "principal_policies",
    "self_inspection_grants",
]

HeldLayer = Literal["identity", "group", "boundary"]


@dataclass(frozen=True, slots=True)
class HeldPolicy:
    """A policy that binds the principal.

    ``source`` says where it comes from in words (``group deployers / managed policy X``), ``arn`` names a
    managed policy and is empty for an inline one.
    """

    source: str
    layer: HeldLayer
    document: PolicyDocument
    arn: str = ""


@dataclass(frozen=True, slots=True)
class PrincipalPolicies:
    """Everything that binds a principal as far as it could be read.

    ``policies`` is for the evaluator, ``held`` for the evidence. ``unreadable`` names what could not be
    read, with the action that was denied or the reason; empty means that the picture is complete. ``principal`` knows
    the ARN of the role behind a session where the role could be read.
    """

    principal: Principal
    held: tuple[HeldPolicy, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every policy that binds the principal was read."""
        return not self.unreadable

    @property
    def policies(self) -> PolicySet:
        """The documents by layer."""
        return PolicySet(
            identity=self._layer("identity"), group=self._layer("group"), boundary=self._layer("boundary")
        )

    def _layer(self, layer: HeldLayer) -> tuple[PolicyDocument, ...]:
        return tuple(policy.document for policy in self.held if policy.layer == layer)


def principal_policies(iam: IAMClient, principal: Principal) -> PrincipalPolicies:
    """Return the policies of a user, a role, or the role behind a session.

    Root holds none and is bound by none of these. A federated user is bound by a policy that no API shows,
    so it is unreadable. Raises `UnknownPrincipal` when IAM has no such identity, `CredentialsError` or
    `AwsUnavailable` when nothing can be asked at all; a denied call is no error, see ``unreadable``.
    """
    reader = _Reader(iam)
    if principal.kind is PrincipalKind.USER:
        reader.read_user(principal.name)
    elif principal.kind in {PrincipalKind.ROLE, PrincipalKind.ASSUMED_ROLE}:
        reader.read_role(principal.name)
    elif principal.kind is not PrincipalKind.ROOT:
        reader.unreadable.append(f"the session policy of {scrub(principal.arn)}: no API shows it")
    return PrincipalPolicies(principal.of_role(reader.role_arn), tuple(reader.held), tuple(reader.unreadable))


class _Reader:
    """Collects policies; remembers what it was not allowed to see."""

    def __init__(self, iam: IAMClient) -> None:
        self._iam = iam
        self.held: list[HeldPolicy] = []
        self.unreadable: list[str] = []
        self.role_arn = ""

    def read_user(self, user: str) -> None:
        iam, owner, named = self._iam, f"user {user}", {"UserName": user}
        what = f"the permissions boundary of {owner}"
        found = self._ask("iam:GetUser", what, lambda: iam.get_user(UserName=user))
        self._boundary((found or {}).get("User", {}), owner)
        inline = self._pages("list_user_policies", "PolicyNames", f"the inline policies of {owner}", named)
        self._inline(
            "iam:GetUserPolicy",
            owner,
            "identity",
            inline,
            lambda name: iam.get_user_policy(UserName=user, PolicyName=name),
        )
        what = f"the managed policies of {owner}"
        self._attached(
            owner, "identity", self._pages("list_attached_user_policies", "AttachedPolicies", what, named)
        )
        groups = self._pages("list_groups_for_user", "Groups", f"the groups of {owner}", named)
        for group in [item["GroupName"] for item in groups]:
            self.read_group(group)

    def read_group(self, group: str) -> None:
        iam, owner, named = self._iam, f"group {group}", {"GroupName": group}
        inline = self._pages("list_group_policies", "PolicyNames", f"the inline policies of {owner}", named)
        self._inline("iam:GetGroupPolicy", owner, "group", inline, partial(_group_policy, iam, group))
        what = f"the managed policies of {owner}"
        self._attached(
            owner, "group", self._pages("list_attached_group_policies", "AttachedPolicies", what, named)
        )

    def read_role(self, role: str) -> None:
        iam, owner, named = self._iam, f"role {role}", {"RoleName": role}
        what = f"the permissions boundary of {owner}"
        found = self._ask("iam:GetRole", what, lambda: iam.get_role(RoleName=role))
        described = (found or {}).get("Role", {})
        self.role_arn = described.get("Arn", "")
        self._boundary(described, owner)
        inline = self._pages("list_role_policies", "PolicyNames", f"the inline policies of {owner}", named)
        self._inline(
            "iam:GetRolePolicy",
            owner,
            "identity",
            inline,
            lambda name: iam.get_role_policy(RoleName=role, PolicyName=name),
        )
        what = f"the managed policies of {owner}"
        self._attached(
            owner, "identity", self._pages("list_attached_role_policies", "AttachedPolicies", what, named)
        )

    def _boundary(self, described: Mapping[str, Any], owner: str) -> None:
        arn = described.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        if arn:
            self._managed(arn, f"{owner} / permissions boundary {arn}", "boundary")

    def _inline(
        self, action: str, owner: str, layer: HeldLayer, names: Iterable[str], read: Callable[[str], Any]
    ) -> None:
        for name in names:
            source = f"{owner} / inline policy {name}"
            answer = self._ask(action, source, partial(read, name))
            if answer:
                self._add(source, layer, answer.get("PolicyDocument"))

    def _attached(self, owner: str, layer: HeldLayer, policies: Iterable[Mapping[str, str]]) -> None:
        for policy in policies:
            self._managed(policy["PolicyArn"], f"{owner} / managed policy {policy['PolicyName']}", layer)

    def _managed(self, arn: str, source: str, layer: HeldLayer) -> None:
        iam = self._iam
        policy = self._ask("iam:GetPolicy", source, lambda: iam.get_policy(PolicyArn=arn))
        if policy:
            version = policy["Policy"]["DefaultVersionId"]
            answer = self._ask(
                "iam:GetPolicyVersion",
                source,
                lambda: iam.get_policy_version(PolicyArn=arn, VersionId=version),
            )
            if answer:
                self._add(source, layer, answer["PolicyVersion"].get("Document"), arn)

    def _add(self, source: str, layer: HeldLayer, raw: Any, arn: str = "") -> None:
        try:
            text = unquote(raw) if isinstance(raw, str) else raw
            document = PolicyDocument.parse(
                text, "boundary" if layer == "boundary" else "identity", stored=False
            )
        except (InvalidPolicyDocument, TypeError) as error:
            self.unreadable.append(
                f"{scrub(source)}: not a policy document that we can read ({scrub(str(error))})"
            )
        else:
            self.held.append(HeldPolicy(scrub(source), layer, document, arn))

    def _pages(self, operation: str, key: str, what: str, identity: Mapping[str, str]) -> list[Any]:
        """Return the items of all pages; none, after noting it, when the call is denied."""

        def all_pages() -> list[Any]:
            pages: Iterable[Any] = self._iam.get_paginator(operation).paginate(**identity)  # type: ignore[call-overload]
            return [item for page in pages for item in page[key]]

        action = "iam:" + "".join(word.capitalize() for word in operation.split("_"))
        return self._ask(action, what, all_pages) or []

    def _ask(self, action: str, what: str, call: Callable[[], Any]) -> Any:
        """Return the answer, or None after noting that it was denied."""
        try:
            return call()
        except ClientError as error:
            if code_of(error) in DENIED:
                self.unreadable.append(f"{scrub(what)}: {action} is denied")
                return None
            if code_of(error) == "NoSuchEntity" and action in {"iam:GetUser", "iam:GetRole"}:
                raise UnknownPrincipal(f"IAM does not know {scrub(what.rpartition(' of ')[2])}") from None
            raise translate(error, action) from None


def _group_policy(iam: IAMClient, group: str, name: str) -> Any:
    return iam.get_group_policy(GroupName=group, PolicyName=name)
