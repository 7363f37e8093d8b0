"""What helps where no policy of whoever deploys does: trust, resources, services, the execution role. Pure."""

from __future__ import annotations

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.matching import is_layer_of_another
from zappa_iam_ext.permissions.denials.principals import CallerKind, role_of, stage_role
from zappa_iam_ext.permissions.denials.remedies.case import Case
from zappa_iam_ext.permissions.denials.resources import account_of, home, resource_arn
from zappa_iam_ext.permissions.fixes import CommandLines

OF_RESOURCE = (
    "The policy of the resource itself (bucket, key, layer, role trust) or of a VPC endpoint stands in the"
    " way: change it there."
)


def no_grant(case: Case) -> str:
    """Return how the role gets the grant on the key of the environment variables, by which alone Lambda decrypts them."""
    stage = case.stage
    name = stage.function_name if stage else "FUNCTION"
    given = stage.role_arn if stage and stage.account_id else "ROLE_ARN"
    other, own = (
        case.lines.aws("lambda", "update-function-configuration", "--function-name", name, "--role", role)
        for role in ("OTHER_ROLE_ARN", given)
    )
    return (
        "No policy of the role is missing: Lambda decrypts by a grant on the key, which it gives the role when it makes the"
        " function or changes the role or the key. A role that was deleted and made again is another and has none. Give"
        f" the function another role, and then its own: {other}, then {own}. A key of your own (aws_kms_key_arn) has to be"
        f" enabled, and whoever deploys needs kms:CreateGrant on it: {case.lines.zappa_iam('check')} tells."
    )


def cross_account(case: Case) -> str:
    """Return what helps where the role that was passed belongs to another account."""
    role, account = resource_arn(case.denial), account_of(case.denial.principal)
    named = f" {role}" if role else ""
    own = f"account {account}" if account else "the account that is deployed to"
    return (
        f"The role{named} belongs to another account. A role is only passed within its own account: no statement and no"
        f" provisioning helps. Name a role of {own} in role_arn (or role_name), with a trust policy that names"
        " lambda.amazonaws.com, or deploy with credentials of the role's account."
    )


def is_about_trust(case: Case) -> bool:
    """Say whether the trust policy of a role is in the way."""
    trusting = case.caller is not CallerKind.DEPLOYER or case.denial.layer == "resource"
    return case.denial.action.lower() == "sts:assumerole" and trusting


def of_trust(case: Case) -> str:
    """Return what helps where a role does not let somebody assume it."""
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
    return of_execution_role(case)


def of_service(case: Case) -> str:
    """Return what helps where a service of AWS was denied: the policy of the resource lets it in."""
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


def of_resource(denial: Denial) -> str:
    """Return what helps where the policy of the resource itself is in the way."""
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
    return OF_RESOURCE


def of_cloudformation_role(case: Case) -> str:
    """Return what helps where the role was denied that CloudFormation acts with."""
    if case.denial.layer == "resource" or is_layer_of_another(case.denial):
        return of_resource(case.denial)
    role = role_of(case.denial.principal)
    names = case.lines.aws("cloudformation", "describe-stacks")
    which = f", {role}" if role else f" (the stack's RoleARN, which {names} tells)"
    return (
        f"CloudFormation acts with a service role of its own{which}: add the statement to that role's policy. Whoever"
        " deploys needs nothing more."
    )


def of_execution_role(case: Case) -> str:
    """Return what helps where the role was denied that the function runs as."""
    if case.denial.layer == "resource":
        return of_resource(case.denial)
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
