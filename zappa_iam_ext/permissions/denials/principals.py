"""Who was denied: whoever deploys, the function's own role, a service, CloudFormation's role. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.wordings.services import is_service_principal
from zappa_iam_ext.permissions.stage import Stage


class CallerKind(StrEnum):
    """Whose policy a denial is about."""

    DEPLOYER = "deployer"
    EXECUTION_ROLE = "execution-role"
    CLOUDFORMATION_ROLE = "cloudformation-service-role"
    SERVICE_LINKED_ROLE = "service-linked-role"
    SERVICE = "service"
    ROOT = "root-user"
    ANONYMOUS = "anonymous"


#: The role that Zappa makes: PROJECT-STAGE-ZappaLambdaExecutionRole today, ZappaLambdaExecution once (Zappa issue 181).
_ZAPPA_ROLE = re.compile(r"(?:\A|-)ZappaLambdaExecution(?:Role)?\Z", re.IGNORECASE)
_SESSION = re.compile(r"assumed-role/(?P<role>[^/\s]+)(?:/(?P<session>[^/\s]+))?")
_IAM_ROLE = re.compile(r":role/(?:[^\s]*/)?(?P<role>[^/\s]+)\Z")
_IAM_USER = re.compile(r":user/(?:[^\s]*/)?(?P<user>[^/\s]+)\Z")
_LINKED = "AWSServiceRoleFor"
_CLOUDFORMATION_SESSION = "AWSCloudFormation"
_LAMBDA_SESSION = "awslambda_"
#: The session of API Gateway with a role that an integration or an authorizer names: Zappa names the execution role.
GATEWAY_SESSION = "BackplaneAssumeRoleSession"
_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: Sessions of pipelines and people, which may be named after their role as well.
_DEPLOYS = re.compile(
    r"github|gitlab|bitbucket|jenkins|circleci|terraform|deploy|codebuild|pipeline|admin|\bci\b",
    re.IGNORECASE,
)
#: What is called to deploy, hardly from within a function: a session's name alone is then no proof of one.
_MANAGING = re.compile(
    r"(?:cloudformation|apigateway|iam|ecr|elasticloadbalancing):|lambda:(?!invoke)", re.IGNORECASE
)


def caller_kind(denial: Denial, stage: Stage | None = None) -> CallerKind:
    """Return whose policy a denial is about.

    A session of Lambda bears the name of the function (AWS Lambda Developer Guide: execution role); one of
    CloudFormation's service role is called ``AWSCloudFormation`` (CloudFormation User Guide: service role).
    """
    principal = denial.principal
    role, session = role_of(principal), session_of(principal)
    if is_service_principal(principal):
        return CallerKind.SERVICE
    if (
        denial.by_role
        or _is_execution_role(role, session, denial.action)
        or (stage and _is_of_stage(role, session, stage))
    ):
        return CallerKind.EXECUTION_ROLE
    if denial.by_service_role or session == _CLOUDFORMATION_SESSION:
        return CallerKind.CLOUDFORMATION_ROLE
    if role.startswith(_LINKED) or ":role/aws-service-role/" in principal:
        return CallerKind.SERVICE_LINKED_ROLE
    if principal.endswith(":root"):
        return CallerKind.ROOT
    return CallerKind.ANONYMOUS if principal.lower() == "anonymous" else CallerKind.DEPLOYER


def role_of(principal: str) -> str:
    """Return the name of the role behind a role or one of its sessions; empty for others."""
    found = _SESSION.search(principal) or _IAM_ROLE.search(principal)
    return found["role"] if found else ""


def session_of(principal: str) -> str:
    """Return the name of a role's session; empty for others."""
    found = _SESSION.search(principal)
    return (found["session"] or "") if found else ""


def user_of(principal: str) -> str:
    """Return the name of an IAM user; empty for others."""
    found = _IAM_USER.search(principal)
    return found["user"] if found else ""


def may_be_function(principal: str) -> bool:
    """Say whether a role's session can be a function's: it has a function's name, not a person's or a pipeline's."""
    role, session = role_of(principal), session_of(principal)
    person = role.startswith("AWSReservedSSO_") or _DEPLOYS.search(f"{role} {session}")
    return bool(_FUNCTION_NAME.fullmatch(session)) and not person


def stage_role(stage: Stage) -> str:
    """Return the name of the role that the stage's function runs as."""
    named = role_of(stage.role.arn or "")
    return named if named and not stage.role.managed else stage.role.name


def names_execution_role(arn: str, stage: Stage | None = None) -> bool:
    """Say whether an ARN is the role that functions run as: by the name that Zappa gives it, or the stage's."""
    role = role_of(arn)
    return bool(_ZAPPA_ROLE.search(role)) or (
        stage is not None and role in {stage.role.name, stage_role(stage)}
    )


def _is_execution_role(role: str, session: str, action: str) -> bool:
    if not role:
        return False
    named_alike = session == role and not _DEPLOYS.search(role) and not _MANAGING.match(action)
    by_gateway = session == GATEWAY_SESSION and action.lower() == "lambda:invokefunction"
    return bool(_ZAPPA_ROLE.search(role)) or session.startswith(_LAMBDA_SESSION) or named_alike or by_gateway


def _is_of_stage(role: str, session: str, stage: Stage) -> bool:
    return bool(role) and (role in {stage.role.name, stage_role(stage)} or session == stage.function_name)
