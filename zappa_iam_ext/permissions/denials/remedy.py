"""What to do about a denial: whose policy it is about, and what has to be done there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.matching import is_layer_of_another, wins
from zappa_iam_ext.permissions.denials.principals import (
    CallerKind,
    may_be_function,
    role_of,
    session_of,
    stage_role,
    user_of,
)
from zappa_iam_ext.permissions.denials.resources import account_of, home, resource_arn
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.stage import Stage


@dataclass(frozen=True, slots=True)
class Case:
    """A denial, whose policy it is about, and what is known of the stage.

    ``needed`` says whether a call of Zappa (of the stage, where one is given) leads to it, ``elsewhere`` whether one of
    another stage could. ``known_call`` says that Zappa makes the call that the text names, and that the action is not known
    to be checked there. ``lines`` prints the command lines with the options that were given. ``of_role`` says that the
    stage's settings ask the execution role for it.
    """

    denial: Denial
    caller: CallerKind
    needed: bool
    elsewhere: bool = False
    stage: Stage | None = None
    deployer: str = ""
    lines: CommandLines = field(default_factory=CommandLines)
    known_call: bool = False
    of_role: bool = False


_LAYERS = {
    "boundary": "The permissions boundary of the user or role does not allow it: whoever owns the boundary has to widen"
    " it; a policy alone cannot.",
    "organization": "A policy of the organization (SCP or RCP) does not allow it: only the organization's administrators"
    " can change that.",
    "quarantine": "AWS found the access key in public and put the user into quarantine: delete the key, look at what it"
    " did, make a new one, then detach the quarantine policy.",
    "session": "The session policy of the temporary credentials does not allow it: start the session with a wider one.",
}
_RESOURCE = (
    "The policy of the resource itself (bucket, key, layer, role trust) or of a VPC endpoint stands in the"
    " way: change it there."
)
_DENY = 'A statement with "Effect": "Deny" says no: no further policy helps; find and change that statement'
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
_OWN_SESSION = {
    CallerKind.SERVICE_LINKED_ROLE: "A service-linked role was denied. Its policy is AWS's and cannot be edited: look at the"
    " policy of the resource and at the organization's policies.",
    CallerKind.ROOT: "The root user was denied. No policy of IAM limits it: look at the policy of the resource and at the"
    " organization's service control policies. Deploy as a user or role.",
    CallerKind.ANONYMOUS: "The request was not signed: it came without credentials, so that only the policy of the resource"
    " could allow it. For an API of the stage that is apigateway_policy, or a signed request (iam_authorization).",
}


def advice(case: Case) -> str:
    """Return what to do, in a few sentences: what no policy of the caller can mend first, then by who was denied."""
    denial = case.denial
    if denial.layer == "cross-account":
        return _cross_account(case)
    if denial.layer in _LAYERS:
        return _LAYERS[denial.layer]
    if _is_about_trust(case):
        return _trust(case)
    if denial.explicit:
        return (
            _RESOURCE
            if denial.layer == "resource"
            else f"{_DENY}{f' in {denial.policy}' if denial.policy else ''}."
        )
    if case.caller in _OWN_SESSION:
        return _OWN_SESSION[case.caller]
    return _ADVICE[case.caller](case)


def _cross_account(case: Case) -> str:
    role, account = resource_arn(case.denial), account_of(case.denial.principal)
    named = f" {role}" if role else ""
    own = f"account {account}" if account else "the account that is deployed to"
    return (
        f"The role{named} belongs to another account. A role is only passed within its own account: no statement and no"
        f" provisioning helps. Name a role of {own} in role_arn (or role_name), with a trust policy that names"
        " lambda.amazonaws.com, or deploy with credentials of the role's account."
    )


def _is_about_trust(case: Case) -> bool:
    of_trust = case.caller is not CallerKind.DEPLOYER or case.denial.layer == "resource"
    return case.denial.action.lower() == "sts:assumerole" and of_trust


def _trust(case: Case) -> str:
    denial = case.denial
    role = role_of(resource_arn(denial)) or "the role"
    if case.caller is CallerKind.SERVICE or (
        case.caller is CallerKind.EXECUTION_ROLE and not denial.principal
    ):
        service = denial.principal or "lambda.amazonaws.com"
        named = "The role" if role == "the role" else f"The role {role}"
        told = (
            f"{named} does not let {service} assume it. A role that was just made is accepted after some seconds: try again."
            f" A role of your own needs a trust policy that names {service}"
        )
        unsent = (
            " without conditions on aws:SourceArn or aws:SourceAccount, which API Gateway does not send"
            * (service.startswith("apigateway."))
        )
        ensure = case.lines.zappa_iam("role ensure")
        managed = f"; for a managed one see assume_policy. {ensure} sets up either."
        return f"{told}{unsent}{managed}" if denial.by_role else f"{told}{unsent}."
    if case.caller is CallerKind.DEPLOYER:
        return (
            f"Two policies have to agree: the trust policy of {role} names the caller, and the caller's own policy allows"
            " sts:AssumeRole on it. The trust policy is what is missing here."
        )
    return _execution_role(case)


def _service(case: Case) -> str:
    denial = case.denial
    service, resource = denial.principal, resource_arn(denial)
    told = f"A service was denied, {service}: the policy of the resource itself has to let it in, not that of whoever deploys."
    if denial.action.lower() != "lambda:invokefunction":
        return told
    name = resource or (case.stage.function_name if case.stage else "FUNCTION")
    source = (
        ("arn:aws:s3:::BUCKET", "--source-account", "ACCOUNT_ID")
        if service.startswith("s3.")
        else ("SOURCE_ARN",)
    )
    command = case.lines.aws(
        *("lambda", "add-permission", "--function-name", name, "--statement-id", service.partition(".")[0]),
        *("--action", "lambda:InvokeFunction", "--principal", service, "--source-arn", *source),
    )
    by_role = (
        " A REST API that Zappa makes calls it with the execution role instead, which needs lambda:InvokeFunction:"
        f" {case.lines.zappa_iam('role ensure')} grants it."
    )
    told += by_role * service.startswith("apigateway.")
    stale = " Amazon S3 checks every destination of the bucket: one that names a function that is gone is refused too."
    return f"{told}{stale if service.startswith('s3.') else ''} It is let in by: {command}"


def _resource(denial: Denial) -> str:
    arn = resource_arn(denial)
    if denial.action.lower() == "lambda:getlayerversion":
        _, account = home(denial)
        layer, _, version = arn.rpartition(":")
        owners = CommandLines().aws(
            *("lambda", "add-layer-version-permission", "--layer-name", layer or "LAYER", "--version-number"),
            *(version or "VERSION", "--statement-id", "deploy", "--action", "lambda:GetLayerVersion"),
            *("--principal", account if account != "*" else "ACCOUNT_ID"),
        )
        return (
            "The layer belongs to another account, whose own policy has to let yours read it; grant here what you like. Its"
            f" owner runs: {owners}"
        )
    return _RESOURCE


def _cloudformation_role(case: Case) -> str:
    if case.denial.layer == "resource" or is_layer_of_another(case.denial):
        return _resource(case.denial)
    role = role_of(case.denial.principal)
    names = case.lines.aws("cloudformation", "describe-stacks")
    which = f", {role}" if role else f" (the stack's RoleARN, which {names} tells)"
    return (
        f"CloudFormation acts with a service role of its own{which}: add the statement to that role's policy. Whoever"
        " deploys needs nothing more."
    )


def _execution_role(case: Case) -> str:
    if case.denial.layer == "resource":
        return _resource(case.denial)
    stage, lines, role = case.stage, case.lines, role_of(case.denial.principal)
    named = f" {role}" if role else ""
    if not (case.denial.action or case.denial.operation):
        return (
            f"The function's execution role{named} lacks something that the text does not name, not the user who deploys:"
            f" {lines.zappa_iam('role check')} tells what; {lines.zappa_iam('role ensure')} adds what the settings ask for."
        )
    whose = f"The function's execution role{named} lacks it, not the user who deploys"
    if stage and role and role not in {stage.role.name, stage_role(stage)}:
        return (
            f"{whose}. It is not the role of stage {stage.name}, which runs as {stage_role(stage)}: mend it where that"
            " role is made."
        )
    command = lines.zappa_iam("role ensure")
    ensure = f"the settings ask for it, and {command} adds it with the rest" if case.of_role else ""
    if stage and not stage.role.managed:
        own = "add it to that role's own policy (manage_roles is false, so that Zappa does not write it)"
        return f"{whose}: {ensure}, or {own}." if ensure else f"{whose}: {own}, or to {_declared(command)}."
    return (
        f"{whose}: {ensure or f'add it to {_declared(command)}'}; or add it to extra_permissions or attach_policy (or to the"
        f" role's own policy, with manage_roles false), then run {lines.zappa('update')}."
    )


def _declared(command: str) -> str:
    """Return where the application says what it calls itself, and the command that grants it."""
    return f"iam_ext.permissions and run {command}"


def _deployer(case: Case) -> str:
    denial = case.denial
    if denial.layer == "resource" or is_layer_of_another(denial):
        return _resource(denial)
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


_ADVICE: Mapping[CallerKind, Callable[[Case], str]] = {
    CallerKind.CLOUDFORMATION_ROLE: _cloudformation_role,
    CallerKind.DEPLOYER: _deployer,
    CallerKind.EXECUTION_ROLE: _execution_role,
    CallerKind.SERVICE: _service,
}
