"""Whether a check of the tables can be the denied one: by the call, the action, the resource and who was denied. Pure."""

from __future__ import annotations

from zappa_iam_ext.iam.patterns import arn_glob, is_pattern, overlaps
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.principals import CallerKind, caller_kind
from zappa_iam_ext.permissions.denials.resources import account_of, home, resource_arn, resource_pattern
from zappa_iam_ext.permissions.denials.wordings.services import action_of, is_service_principal, prefix_of
from zappa_iam_ext.permissions.stage import Stage


def of_another(denial: Denial) -> bool:
    """Say whether a role or a service was denied on the way of a call, and not who made the call."""
    return denial.by_role or is_service_principal(denial.principal)


def is_own_call(denial: Denial) -> bool:
    """Say whether the call that the text names is the one that was denied, and not one on its way."""
    return (
        bool(denial.operation)
        and denial.action.lower()
        == action_of(denial.operation, denial.action.partition(":")[0].lower()).lower()
    )


def wins(denial: Denial) -> bool:
    """Say whether only the call that the text names can have been denied: it is not the action's own.

    What CloudFormation calls on the way of a stack is no call of Zappa, and each action's own call may be a service's.
    To make something with tags takes the right to tag it, whichever call the tags are given to.
    """
    own = denial.action.partition(":")[2].lower() == denial.operation.lower()
    tags = denial.action.lower().endswith(":tagresource")
    return (
        bool(denial.action and denial.operation)
        and not own
        and not tags
        and denial.service != "cloudformation"
    )


def is_asked(denial: Denial, operation: str, action: str, *, dependent: bool) -> bool:
    """Say whether an operation checks the denied action; without one, whether it can be the denied operation."""
    called = denial.operation.lower()
    if of_another(denial):
        return called == operation.lower() and not dependent
    if denial.action:
        return action.lower() == denial.action.lower()
    return bool(called) and called in {operation.lower(), action.partition(":")[2].lower()}


def touches(pattern: str, denial: Denial) -> bool:
    """Say whether what an action is checked on can be the denied resource; ``*`` is no resource in particular."""
    denied = resource_pattern(denial)
    if denied in {"", "*"} or of_another(denial) or pattern == "*":
        return True
    if not is_pattern(denied):
        return arn_glob(pattern).matches(denied)
    return overlaps(arn_glob(pattern), arn_glob(denied))


def is_meant(operation: str, action: str, denial: Denial) -> bool:
    """Say whether the operation is of the service that answered or that called, where the text names that."""
    if caller_kind(denial) is CallerKind.CLOUDFORMATION_ROLE and not operation.startswith("cloudformation."):
        return False
    linked = action == "iam:CreateServiceLinkedRole" and bool(denial.service)
    return not linked or _service(operation) == denial.service


def rank(denial: Denial, operation: str, action: str) -> int:
    """Rank first what the service that answered does with the caller's rights."""
    service = _service(operation)
    means = bool(denial.service) and service == denial.service and action.partition(":")[0] != service
    return 0 if means else 1


def first_hand(action: str, dependent: object, denial: Denial) -> bool:
    """Say whether the call that the text names asks for the action itself, and not for what AWS checks besides."""
    return not dependent or action.partition(":")[2].lower() == denial.operation.lower()


def _service(operation: str) -> str:
    """Return the prefix of an operation's service: boto3 calls ``elasticloadbalancing`` ``elbv2``."""
    name, _, _ = operation.partition(".")
    return prefix_of(name) or name


def is_layer_of_another(denial: Denial) -> bool:
    """Say whether a layer was denied that belongs to another account than the caller."""
    _, account = home(denial)
    owner = account_of(resource_arn(denial))
    known = owner and account != "*"
    return bool(known) and owner != account and denial.action.lower() == "lambda:getlayerversion"


def is_cross_account(denial: Denial, stage: Stage | None = None) -> bool:
    """Say whether a role was passed that belongs to another account than the caller (IAM User Guide: iam:PassRole)."""
    if (
        denial.action.lower() != "iam:passrole"
        or denial.explicit
        or denial.layer not in {"", "identity", "resource"}
    ):
        return False
    account = account_of(denial.principal) or (stage.account_id if stage else "")
    owner = account_of(resource_arn(denial))
    return bool(owner and account) and owner != account
