"""Where the local AWS checks something else than AWS does, and what its user is given for that. Pure.

The local AWS judges every call by its own rules beside ours. Some of its rules are not AWS's: without these
grants, which no generated policy holds, it would refuse what AWS allows. Each row says how it differs.
"""

from __future__ import annotations

from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.synthesis.grants import Grant, synthesize
from zappa_iam_ext.permissions.stage import Stage

_FUNCTION = "arn:{partition}:lambda:{region}:{account}:function:{function}*"

_RULES = "arn:{partition}:events:{region}:{account}:rule/default/*"
_DEFAULT_BUS = "rules of the default bus are named rule/default/NAME instead of rule/NAME"

_NO_NAMES = "the names in the call are not looked at"
_DOMAINS = "arn:{partition}:apigateway:{region}::/domainnames/*"

EMULATOR_GAPS: tuple[tuple[str, str, str], ...] = (
    ("lambda:CreateEventSourceMapping", "*", "the condition key lambda:FunctionArn is not sent"),
    ("acm:ImportCertificate", "*", "a certificate that has no ARN yet is checked as *"),
    ("apigateway:PATCH", _DOMAINS, "an empty base path is taken for no base path mapping at all"),
    ("lambda:CreateFunction", "*", "CreateFunction names its function in the body, which is not looked at"),
    (
        "lambda:CreateFunctionUrlConfig",
        _FUNCTION,
        "UpdateFunctionUrlConfig and DeleteFunctionUrlConfig are taken for it",
    ),
    ("lambda:GetFunction", _FUNCTION, "ListFunctionUrlConfigs is taken for GetFunction"),
    ("lambda:GetFunctionConfiguration", _FUNCTION, "the qualifier is not looked at"),
    ("lambda:ListAliases", _FUNCTION, "GetAlias is taken for ListAliases"),
    ("lambda:PutFunctionConcurrency", _FUNCTION, "DeleteFunctionConcurrency is taken for it"),
    ("events:DeleteRule", _RULES, _DEFAULT_BUS),
    ("events:DescribeRule", _RULES, _DEFAULT_BUS),
    ("events:ListTargetsByRule", "*", "the call names its rule as Rule, which is not looked at"),
    ("events:PutRule", _RULES, _DEFAULT_BUS),
    ("events:PutTargets", "*", "the call names its rule as Rule, which is not looked at"),
    ("events:RemoveTargets", "*", "the call names its rule as Rule, which is not looked at"),
    ("elasticfilesystem:*", "*", _NO_NAMES),
    ("elasticloadbalancing:*", "*", _NO_NAMES),
)
"""Action, resource, and how the local AWS differs."""

_ROLE = "arn:{partition}:iam::{account}:role/{role}"
_NO_PATH = "the path of a role is left out of its ARN"
ROLE_GAPS: tuple[tuple[str, str, str], ...] = (
    ("iam:GetRole", _ROLE, _NO_PATH),
    ("iam:GetRolePolicy", _ROLE, _NO_PATH),
    ("iam:PutRolePolicy", _ROLE, _NO_PATH),
    ("iam:UpdateAssumeRolePolicy", _ROLE, _NO_PATH),
)
"""The same, where the execution role has a path."""


def emulator_grants(stage: Stage) -> tuple[tuple[str, str, str], ...]:
    """Return the rows for a stage: action, resource and how the local AWS differs."""
    names = {
        "partition": stage.partition,
        "region": stage.region,
        "account": stage.account,
        "function": stage.function_name,
        "role": stage.role.name,
    }
    gaps = EMULATOR_GAPS if stage.role.path == "/" else (*EMULATOR_GAPS, *ROLE_GAPS)
    return tuple((action, resource.format(**names), because) for action, resource, because in gaps)


def emulator_gaps_document(stage: Stage) -> PolicyDocument:
    """Return what the user of a rehearsal is allowed on the local AWS beside the policy that is rehearsed."""
    return synthesize(
        Grant(action, resource, purpose="LocalAwsDiffers") for action, resource, _ in emulator_grants(stage)
    )
