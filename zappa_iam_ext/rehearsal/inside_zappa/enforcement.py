"""Judges an actual call as AWS would: derive what is checked for it, evaluate, answer in AWS's own words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.check import request_of
from zappa_iam_ext.iam import Decision, PolicySet, compile_policies
from zappa_iam_ext.permissions.authorizations import Scope, authorize, is_known
from zappa_iam_ext.permissions.calls import removed
from zappa_iam_ext.permissions.model import Call, Requirement
from zappa_iam_ext.rehearsal.observation import Checked, checked_from

_XML_SERVICES = frozenset({"cloudformation", "cloudfront", "elbv2", "iam", "route53", "s3", "sns", "sts"})
_BARE = frozenset({"s3"})
_INTRINSICS = ("Ref", "Condition")
NO_PERMISSION_NEEDED = frozenset({"sts.GetCallerIdentity"})
"""Operations that need no permission (STS API Reference)."""


class Enforcer:
    """Judges the calls of one principal by its policies. Without policies every call is allowed."""

    def __init__(self, policies: PolicySet | None, principal: str, scope: Scope) -> None:
        self._policies = compile_policies(policies) if policies is not None else None
        self._principal = principal
        self._scope = scope

    def judge(self, call: Call) -> tuple[tuple[Checked, ...], bool]:
        """Return what AWS checks for the call, each allowed or not, and whether the tables know the operation.

        An operation that they do not know is denied: nothing is let through unseen.
        """
        name = f"{call.service}.{call.operation}"
        if name in NO_PERMISSION_NEEDED:
            return (), True
        if not is_known(call):
            action = f"{call.service}:{call.operation}"
            return (Checked(action, "*", allowed=self._policies is None),), False
        return tuple(
            checked_from(requirement, allowed=self._allows(requirement))
            for requirement in authorize(call, self._scope)
        ), True

    def _allows(self, requirement: Requirement) -> bool:
        if self._policies is None:
            return True
        request = request_of(requirement, self._principal, self._scope.region)
        return self._policies.decide(request) in {Decision.ALLOWED, Decision.UNKNOWN}

    def refusal(self, call: Call, checked: Sequence[Checked]) -> dict[str, str] | None:
        """Return the error that AWS would answer with, or None when everything is allowed."""
        missing = next((item for item in checked if not item.allowed), None)
        if missing is None:
            return None
        code = "AccessDenied" if call.service in _XML_SERVICES else "AccessDeniedException"
        if call.service == "ec2":
            code = "UnauthorizedOperation"
        if call.service in _BARE:
            if call.operation.startswith("Head"):
                return {"Code": "403", "Message": "Forbidden"}
            return {"Code": code, "Message": "Access Denied"}
        message = (
            f"User: {self._principal} is not authorized to perform: {missing.action} on resource:"
            f" {missing.resource} because no identity-based policy allows the {missing.action} action"
        )
        return {"Code": code, "Message": message}


@dataclass(frozen=True, slots=True)
class ForcedDenial:
    """Calls that are refused whatever the policies say.

    ``at`` limits them to one place in Zappa (`Observation.at`), ``where`` to those with these parameters.
    """

    call: str
    at: str = ""
    where: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> ForcedDenial:
        """Read ``service.Operation``, ``service.Operation @ place``, ``service.Operation @ place | Name=value``."""
        call, _, rest = text.partition(" @ ")
        at, _, where = rest.partition(" | ")
        pairs = (pair.partition("=") for pair in where.split(" & ") if pair)
        return cls(call, at, tuple((name, value) for name, _, value in pairs))

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        where = " & ".join(f"{name}={value}" for name, value in self.where)
        return self.call + (f" @ {self.at}" if self.at else "") + (f" | {where}" if where else "")

    def meets(self, call: Call, at: str) -> bool:
        """Say whether this is one of the calls."""
        return (
            self.call == f"{call.service}.{call.operation}"
            and self.at in {"", at}
            and all(str(call.parameters.get(name)) == value for name, value in self.where)
        )


def with_template(
    call: Call, template: Mapping[str, Any], tags: Sequence[Any] = (), former: Mapping[str, Any] | None = None
) -> Call:
    """Return a call on a stack with the stack's tags and its template, intrinsic functions taken out.

    ``former`` is the template that the stack has when it is updated: what the new one removes is kept of it.
    """
    parameters = {**call.parameters, "Template": _plain(template), "Tags": list(tags)}
    gone = _removed(_plain(former), parameters["Template"]) if former else {}
    if gone:
        parameters["FormerTemplate"] = {"Resources": gone}
    return Call(call.service, call.operation, parameters, region=call.region)


def _removed(former: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, Any]:
    current = template.get("Resources") or {}
    resources = former.get("Resources") or {}
    return {name: resource for name, resource in resources.items() if removed(resource, current.get(name))}


def _plain(value: Any) -> Any:
    """Return a template whose values are plain; what only AWS could work out is left out."""
    if isinstance(value, Mapping):
        if len(value) == 1 and next(iter(value)).startswith(("Fn::", *_INTRINSICS)):
            return None
        found = {key: _plain(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not None}
    if isinstance(value, list):
        return [item for item in map(_plain, value) if item is not None]
    return value
