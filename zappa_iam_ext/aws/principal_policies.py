"""The policies that bind a principal, read from IAM with list and get calls, each with its origin.

What may not be read is named, never passed over: with a policy missing from view nothing but an explicit
deny is certain. The calls are exactly those of `SELF_INSPECTION_ACTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.errors import DENIED, code_of, scrub, translate
from zappa_iam_ext.aws.self_inspection import SELF_INSPECTION_ACTIONS, self_inspection_grants
from zappa_iam_ext.errors import InvalidPolicyDocument, UnknownPrincipal
from zappa_iam_ext.iam import PolicyDocument, PolicySet, Principal, PrincipalKind

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

__all__ = [
    "SELF_INSPECTION_ACTIONS",
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
    read, with the action that was denied or the reason; empty means that the picture is complete.
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
    return PrincipalPolicies(principal, tuple(reader.held), tuple(reader.unreadable))


class _Reader:
    """Collects policies; remembers what it was not allowed to see."""

    def __init__(self, iam: IAMClient) -> None:
        self._iam = iam
        self.held: list[HeldPolicy] = []
        self.unreadable: list[str] = []

    def read_user(self, user: str) -> None:
        iam, owner = self._iam, f"user {user}"
        found = self._ask(
            "iam:GetUser", f"the permissions boundary of {owner}", lambda: iam.get_user(UserName=user)
        )
        self._boundary((found or {}).get("User", {}), owner)
        self._inline(
            "User",
            owner,
            "identity",
            {"UserName": user},
            lambda name: iam.get_user_policy(UserName=user, PolicyName=name),
        )
        self._attached("User", owner, "identity", {"UserName": user})
        groups = self._pages("list_groups_for_user", "Groups", f"the groups of {owner}", {"UserName": user})
        for group in [item["GroupName"] for item in groups]:
            self._group(group)

    def _group(self, group: str) -> None:
        owner, iam = f"group {group}", self._iam
        read = partial(_group_policy, iam, group)
        self._inline("Group", owner, "group", {"GroupName": group}, read)
        self._attached("Group", owner, "group", {"GroupName": group})

    def read_role(self, role: str) -> None:
        iam, owner = self._iam, f"role {role}"
        found = self._ask(
            "iam:GetRole", f"the permissions boundary of {owner}", lambda: iam.get_role(RoleName=role)
        )
        self._boundary((found or {}).get("Role", {}), owner)
        self._inline(
            "Role",
            owner,
            "identity",
            {"RoleName": role},
            lambda name: iam.get_role_policy(RoleName=role, PolicyName=name),
        )
        self._attached("Role", owner, "identity", {"RoleName": role})

    def _boundary(self, described: Mapping[str, Any], owner: str) -> None:
        arn = described.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        if arn:
            self._managed(arn, f"{owner} / permissions boundary {arn}", "boundary")

    def _inline(
        self, kind: str, owner: str, layer: HeldLayer, identity: Mapping[str, str], read: Callable[[str], Any]
    ) -> None:
        what = f"the inline policies of {owner}"
        for name in list(self._pages(f"list_{kind.lower()}_policies", "PolicyNames", what, identity)):
            source = f"{owner} / inline policy {name}"
            answer = self._ask(f"iam:Get{kind}Policy", source, partial(read, name))
            if answer:
                self._add(source, layer, answer.get("PolicyDocument"))

    def _attached(self, kind: str, owner: str, layer: HeldLayer, identity: Mapping[str, str]) -> None:
        what = f"the managed policies of {owner}"
        operation = f"list_attached_{kind.lower()}_policies"
        for policy in list(self._pages(operation, "AttachedPolicies", what, identity)):
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
            document = PolicyDocument.parse(text, "boundary" if layer == "boundary" else "identity")
        except (InvalidPolicyDocument, TypeError) as error:
            self.unreadable.append(
                f"{scrub(source)}: not a policy document that we can read ({scrub(str(error))})"
            )
        else:
            self.held.append(HeldPolicy(scrub(source), layer, document, arn))

    def _pages(self, operation: str, key: str, what: str, identity: Mapping[str, str]) -> Iterator[Any]:
        def all_pages() -> list[Any]:
            pages: Iterable[Any] = self._iam.get_paginator(operation).paginate(**identity)  # type: ignore[call-overload]
            return [item for page in pages for item in page[key]]

        action = "iam:" + "".join(word.capitalize() for word in operation.split("_"))
        yield from self._ask(action, what, all_pages) or ()

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
