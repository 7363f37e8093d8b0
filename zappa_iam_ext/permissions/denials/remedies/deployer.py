"""What helps where whoever deploys was denied, or where the text names nobody. Pure."""

from __future__ import annotations

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.matching import is_layer_of_another, wins
from zappa_iam_ext.permissions.denials.principals import may_be_function, role_of, session_of, user_of
from zappa_iam_ext.permissions.denials.remedies.case import Case
from zappa_iam_ext.permissions.denials.remedies.others import of_resource

_NOTHING = (
    "The text names neither action nor resource. AWS CloudTrail has both: in the console under Event history, or with"
    " {lookup}, look at the time of the error for records whose errorCode is AccessDenied or"
    " Client.UnauthorizedOperation."
)
_ENCODED = (
    "What was denied stands in the encoded message alone: decode it first, with a --profile that may call"
    " sts:DecodeAuthorizationMessage."
)
_ASSUMED = (
    "boto3 assumes the role that the profile names (role_arn): allow sts:AssumeRole on it to the caller, and let the"
    " role's trust policy name the caller."
)


def of_deployer(case: Case) -> str:
    """Return what helps where whoever deploys was denied: by provisioning, or by hand where no call of Zappa needs it."""
    denial = case.denial
    if denial.layer == "resource" or is_layer_of_another(denial):
        return of_resource(denial)
    if not (denial.action or denial.operation):
        return _ENCODED if denial.encoded else _unnamed(case)
    if denial.action.lower() == "sts:assumerole":
        return _ASSUMED
    return _granted(case) if case.needed else _of_another_tool(case)


def _unnamed(case: Case) -> str:
    who = f" The principal is {case.denial.principal}." if case.denial.principal else ""
    nothing = _NOTHING.format(lookup=case.lines.aws("cloudtrail", "lookup-events"))
    return f"{nothing}{who} {case.lines.zappa_iam('check')} tells whether the profile lacks what deploying needs."


def _granted(case: Case) -> str:
    """Return how whoever deploys gets what is missing: the user by provisioning, a role where it is made."""
    denial, stage, lines = case.denial, case.stage, case.lines
    role, user = role_of(denial.principal), user_of(denial.principal)
    if role:
        return f"{_role_to_mend(role)} {lines.zappa_iam('policy')} prints all that deploying needs."
    if stage and user and case.deployer and user != case.deployer:
        return (
            f"The user {user} was denied; stage {stage.name} is deployed as {case.deployer}. Use that user's profile, or add the"
            f" statement to a policy of {user}; {lines.zappa_iam('policy')} prints all that deploying needs."
        )
    told = f"{lines.apply()} adds what is missing; {lines.zappa_iam('check')} lists all of it."
    if stage and user and not case.deployer and user != (stage.profile_name or user):
        told += f" It provisions the user of the profile {stage.profile_name}; where that is not {user}, add it to {user}."
    if not stage and denial.resource.startswith("arn:"):
        told += f" That helps if the resource is the stage's own: {lines.zappa_iam('explain')} compares the names."
    return told


def _of_another_tool(case: Case) -> str:
    if case.stage and case.elsewhere:
        return (
            f"Not of stage {case.stage.name}: with its settings Zappa makes no call that touches this. It comes from another"
            f" stage, from other settings, or from another tool; {case.lines.zappa_iam('apply')} would not add it."
        )
    if case.known_call:
        return (
            f"Zappa calls {case.denial.operation}, but with what Zappa asks for there AWS is not known to check"
            f" {case.denial.action}: a setting of the account or of the resource, another tool or a newer Zappa asks for"
            " more. Add the statement by hand."
        )
    tagging = _tagging(case.denial)
    role, session = role_of(case.denial.principal), session_of(case.denial.principal)
    at_run_time = (
        f" If {session} is your function, its execution role {role} lacks it: see extra_permissions."
        if may_be_function(case.denial.principal) and not case.elsewhere
        else ""
    )
    makes = f" Zappa makes no call {case.denial.operation}." if wins(case.denial) else ""
    added = "" if makes else f" {case.lines.zappa_iam('apply')} would not add it."
    return tagging + (
        "No call of Zappa needs this: it comes from another tool, your own callback, or a newer Zappa than"
        f" this library knows.{makes or added}{at_run_time}"
    )


def _tagging(denial: Denial) -> str:
    """Return a sentence for a resource that was made with tags: tagging it is a permission of its own."""
    action, operation = denial.action, denial.operation
    if not action.endswith(":TagResource") or operation in {"", "TagResource"}:
        return ""
    return f"{operation} with tags needs {action} besides {action.partition(':')[0]}:{operation}. "


def _role_to_mend(role: str) -> str:
    if role.startswith("AWSReservedSSO_"):
        return f"Add the statement to the permission set behind {role} in IAM Identity Center; the role itself cannot be edited."
    return f"Add the statement to a policy of the role {role}, with which was deployed."
