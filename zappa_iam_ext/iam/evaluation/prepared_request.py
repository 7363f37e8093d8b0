"""An authorization request, prepared for the evaluator."""

from __future__ import annotations

from collections.abc import Mapping

from zappa_iam_ext.iam.arn import Principal, PrincipalKind
from zappa_iam_ext.iam.conditions.evaluate import Context
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, bounded_glob, is_pattern
from zappa_iam_ext.iam.patterns.tokens import units
from zappa_iam_ext.iam.request import AuthorizationRequest

_PRINCIPAL_ARN, _PRINCIPAL_ACCOUNT, _RESOURCE_ACCOUNT = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:resourceaccount",
)
#: Actions whose requests may carry no ``aws:ResourceAccount`` (IAM User Guide, "AWS global condition context keys", as the
#: page stood in 2022; not confirmed since): all of two services, and some of two others.
_NO_RESOURCE_ACCOUNT = frozenset(
    {
        "ec2:copyfpgaimage",
        "ec2:copyimage",
        "ec2:copysnapshot",
        "ec2:createtransitgatewaypeeringattachment",
        "ec2:createvolume",
        "ec2:createvpcpeeringconnection",
        "workspaces:copyworkspaceimage",
        "workspaces:describeworkspaceimages",
    }
)
_SERVICES_WITHOUT_RESOURCE_ACCOUNT = frozenset({"ebs", "events"})

_WITH_IDENTITY_POLICIES = frozenset(
    {
        PrincipalKind.USER,
        PrincipalKind.ROLE,
        PrincipalKind.ASSUMED_ROLE,
        PrincipalKind.FEDERATED_USER,
        PrincipalKind.OTHER,
    }
)


class PreparedRequest:
    """A request: the action in lower case, the principal read, and the context made when first needed.

    ``is_pattern`` says that it asks for all that a pattern covers. A lone star is what AWS itself asks for an action
    that knows no resources; for such an action it is no pattern (Service Authorization Reference). ``undecided`` holds
    why an answer is unknown though every condition key is known.
    """

    __slots__ = (
        "_context",
        "_derived",
        "_request",
        "action",
        "is_pattern",
        "principal",
        "resource",
        "undecided",
    )

    def __init__(
        self, request: AuthorizationRequest, principal: Principal, derived: Mapping[str, str]
    ) -> None:
        self.principal = principal
        self.action = action = request.action.lower()
        self.resource = resource = units(request.resource)
        self.is_pattern = is_pattern(action) or (
            is_pattern(resource) and not (resource == "*" and _knows_no_resources(action))
        )
        self._request = request
        self._derived = derived
        self._context: Context | None = None
        self.undecided: list[str] = []

    @property
    def resource_account(self) -> str:
        """The account of the resource; empty where the principal's own is assumed."""
        return self._request.resource_account

    @property
    def plain(self) -> bool:
        """Whether identity policies alone can allow it: the principal is bound by them, the account is its own."""
        principal, account = self.principal, self._request.resource_account
        return principal.kind in _WITH_IDENTITY_POLICIES and (
            not account or account == principal.account or not principal.account
        )

    @property
    def asked(self) -> Glob:
        """The resource as a pattern of all that is asked for."""
        return bounded_glob(self.resource) if self._request.bounded else arn_glob(self.resource)

    @property
    def context(self) -> Context:
        """The condition keys given, and those that follow from principal and resource unless they are said to be unknown.

        ``aws:ResourceAccount`` is unknown where the account is only assumed, or the action may not carry it;
        ``aws:PrincipalAccount``, which every request carries, where the principal belongs to no account that we see
        (IAM User Guide, "AWS global condition context keys").
        """
        if self._context is None:
            request = self._request
            named = frozenset(key.lower() for key in request.unknown_keys)
            values: dict[str, str | tuple[str, ...] | None] = {
                key: value for key, value in self._derived.items() if key not in named
            }
            forms: dict[str, tuple[str, ...]] = {}
            for key, given in request.context.items():
                values[key.lower()] = given if given is None or isinstance(given, str) else tuple(given)
            if _PRINCIPAL_ARN not in {*values, *named} and (known := self.principal.role_arns):
                forms[_PRINCIPAL_ARN] = known
                named |= {_PRINCIPAL_ARN}
            if _RESOURCE_ACCOUNT not in {*values, *named}:
                if request.resource_account and _carries_resource_account(self.action):
                    values[_RESOURCE_ACCOUNT] = request.resource_account
                else:
                    named |= {_RESOURCE_ACCOUNT}
            if _PRINCIPAL_ACCOUNT not in values and not self.principal.has_identity_policies:
                named |= {_PRINCIPAL_ACCOUNT}
            self._context = Context(values, None if request.unknown_context else named, forms)
        return self._context


def _knows_no_resources(action: str) -> bool:
    known = action_definition(action)
    return known is not None and not known.limited_to_resources


def _carries_resource_account(action: str) -> bool:
    """Say whether requests for an action, or for all of a pattern of actions, carry ``aws:ResourceAccount`` for certain."""
    service, _, name = action.partition(":")
    if is_pattern(service) or service in _SERVICES_WITHOUT_RESOURCE_ACCOUNT:
        return False
    if is_pattern(name):
        return not any(each.startswith(f"{service}:") for each in _NO_RESOURCE_ACCOUNT)
    return action not in _NO_RESOURCE_ACCOUNT
