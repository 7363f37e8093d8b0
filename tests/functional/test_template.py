"""The CloudFormation template that Zappa itself builds, held against the rows that predict it, and those against AWS.

Zappa's own code builds the template; nothing is called. AWS's registry schemas say what CloudFormation does as the
caller for each resource type in it.
"""

from __future__ import annotations

import json
from importlib.metadata import version

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from zappa.core import Zappa

from zappa_iam_ext.permissions.calls import calls_of
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import ExecutionRole, Stage
from zappa_iam_ext.permissions.tables.rows import resource_rows, template_rows

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/hello-dev-ZappaLambdaExecutionRole"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello-dev"
TOKEN = {"function": "app.authorize", "token_header": "Authorization", "result_ttl": 300}
COGNITO = {
    "type": "COGNITO_USER_POOLS",
    "provider_arns": [f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/us-east-1_A"],
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke"}],
}
SETTINGS = [
    pytest.param({}, id="default"),
    pytest.param({"cors": True}, id="cors"),
    pytest.param({"cors": {"allowed_origin": "https://example.com"}}, id="cors with options"),
    pytest.param({"authorizer": TOKEN}, id="token authorizer"),
    pytest.param({"authorizer": {**TOKEN, "type": "REQUEST"}}, id="request authorizer"),
    pytest.param({"authorizer": {**TOKEN, "arn": f"{FUNCTION}-other"}}, id="authorizer of another function"),
    pytest.param({"authorizer": COGNITO}, id="cognito authorizer"),
    pytest.param({"authorizer": TOKEN, "iam_authorization": True}, id="iam wins over an authorizer"),
    pytest.param({"iam_authorization": True}, id="iam authorization"),
    pytest.param({"endpoint_configuration": ["REGIONAL"]}, id="regional endpoint"),
    pytest.param(
        {"endpoint_configuration": ["PRIVATE"], "apigateway_policy": POLICY},
        id="private endpoint with a policy",
    ),
    pytest.param({"api_key_required": True}, id="api key"),
    pytest.param(
        {"cors": True, "authorizer": TOKEN, "api_key_required": True}, id="cors, authorizer and key"
    ),
    pytest.param({"apigateway_version": "v2"}, id="v2"),
    pytest.param({"apigateway_version": "v2", "cors": {"allowed_origins": ["*"]}}, id="v2 with cors"),
    pytest.param({"apigateway_version": "v2", "iam_authorization": True}, id="v2 with iam"),
    pytest.param({"apigateway_version": "v2", "authorizer": TOKEN}, id="v2 takes no authorizer"),
    pytest.param({"apigateway_version": "v2", "apigateway_policy": POLICY}, id="v2 takes no policy"),
    pytest.param({"websocket": True}, id="websocket"),
    pytest.param({"apigateway_version": "v2", "websocket": True}, id="v2 with websocket"),
    pytest.param({"apigateway_lambda_qualifier": "live"}, id="an alias of one's own"),
    pytest.param({"apigateway_version": "v2", "apigateway_lambda_qualifier": "live"}, id="v2 calls an alias"),
    pytest.param(
        {"apigateway_version": "v2", "snap_start": "PublishedVersions"}, id="v2 calls the SnapStart alias"
    ),
    pytest.param(
        {"websocket": True, "provisioned_concurrency": 1}, id="websocket calls the provisioned alias"
    ),
]
#: The properties that rows may ask for: everything that decides what CloudFormation is asked to be allowed.
DECIDING = ("Policy", "AuthorizerCredentials", "FunctionName", "Principal", "StageName")


class _Session:
    region_name = "us-east-1"


def built(settings) -> dict[str, dict]:
    """Return the resources of the template that Zappa builds for the settings."""
    zappa = Zappa(load_credentials=False, aws_region="us-east-1")
    zappa.boto_session = _Session()
    zappa.credentials_arn = ROLE
    if "apigateway_policy" in settings:
        zappa.apigateway_policy = json.dumps(settings["apigateway_policy"])
    template = zappa.create_stack_template(
        lambda_arn=FUNCTION,
        lambda_name="hello-dev",
        api_key_required=settings.get("api_key_required", False),
        iam_authorization=settings.get("iam_authorization", False),
        authorizer=settings.get("authorizer", {}),
        cors_options=settings.get("cors", False),
        endpoint_configuration=settings.get("endpoint_configuration"),
        apigateway_version=settings.get("apigateway_version", "v1"),
        stage_name="dev",
        lambda_qualifier=qualifier(settings),
        websocket=settings.get("websocket", False),
    )
    return json.loads(template.to_json())["Resources"]


def qualifier(settings) -> str | None:
    """Return what ``load_settings`` makes of the settings (``cli.py``)."""
    if settings.get("snap_start"):
        return "snapstart"
    return (
        "provisioned-concurrency"
        if settings.get("provisioned_concurrency")
        else settings.get("apigateway_lambda_qualifier")
    )


def predicted(settings) -> dict[str, dict]:
    stage = Stage(
        name="dev",
        project_name="hello",
        function_name="hello-dev",
        settings=settings,
        region="us-east-1",
        zappa_version=version("zappa"),
        role=ExecutionRole("hello-dev-ZappaLambdaExecutionRole"),
        account_id=ACCOUNT,
        websocket=settings.get("websocket", False),
    )
    (call,) = (call for call in calls_of(stage, Command("deploy")) if call.operation == "CreateStack")
    return call.parameters["Template"]["Resources"]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_template_that_zappa_builds_has_the_predicted_resources(settings):
    types = {name: resource["Type"] for name, resource in built(settings).items()}
    assert {name: resource["Type"] for name, resource in predicted(settings).items()} == types


@pytest.mark.parametrize("settings", SETTINGS)
def test_what_decides_permissions_is_predicted(settings):
    expected = predicted(settings)
    for name, resource in built(settings).items():
        properties, ours = resource.get("Properties", {}), expected[name]["Properties"]
        credentials = properties.get("Integration", {}).get("Credentials")
        assert ours.get("Integration", {}).get("Credentials") == credentials, name
        for deciding in DECIDING:
            # A setting names the policy's file; that there is one decides, not what it says.
            if deciding == "Policy":
                assert bool(ours.get(deciding)) == bool(properties.get(deciding)), name
            else:
                assert ours.get(deciding) == properties.get(deciding), f"{name}.{deciding}"


def test_every_row_of_the_template_is_built_by_some_settings():
    made = {(name, item["Type"]) for case in SETTINGS for name, item in built(*case.values).items()}
    assert {(row.name, row.type) for row in template_rows()} == made


def handlers(name: str) -> dict[str, set[str]]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema
    found = {phase: set(what["permissions"]) for phase, what in schema["handlers"].items()}
    tagging = schema.get("tagging", {})
    for phase in ("create", "update") if tagging.get("taggable") else ():
        found[phase] = found.get(phase, set()) | set(tagging.get("permissions", ()))
    return found


_NOT_FROM_S3 = "Zappa writes the API into the template; none is read from S3"
_NO_CREDENTIALS = "Zappa gives it no role: the API calls the function by the function's own permission"
#: Permissions of a handler that no row asks for, with the reason. A star stands for every phase.
UNNEEDED: dict[tuple[str, str, str], str] = {
    ("AWS::ApiGateway::RestApi", "*", "s3:GetObject"): _NOT_FROM_S3,
    (
        "AWS::ApiGateway::RestApi",
        "*",
        "iam:PassRole",
    ): "only an API definition with credentials in it hands a role on",
    (
        "AWS::ApiGateway::RestApi",
        "create",
        "apigateway:PATCH",
    ): "a new API is patched only after an import of a definition",
    ("AWS::ApiGateway::RestApi", "create", "apigateway:DELETE"): "nothing to untag on a new API",
    ("AWS::ApiGatewayV2::Api", "*", "s3:getObject"): _NOT_FROM_S3,
    ("AWS::ApiGatewayV2::Api", "create", "apigateway:PATCH"): "nothing to change on a new API",
    ("AWS::ApiGatewayV2::Api", "create", "apigateway:DELETE"): "nothing to untag on a new API",
    ("AWS::ApiGatewayV2::Integration", "*", "iam:PassRole"): _NO_CREDENTIALS,
    (
        "AWS::ApiGatewayV2::Integration",
        "update",
        "apigateway:PUT",
    ): "API Gateway has no PUT of an integration",
    ("AWS::ApiGatewayV2::Route", "update", "apigateway:PUT"): "API Gateway has no PUT of a route",
    ("AWS::ApiGatewayV2::Stage", "create", "apigateway:UntagResource"): "nothing to untag on a new stage",
}


@pytest.mark.parametrize("name", sorted({row.type for row in template_rows()}))
def test_what_cloudformation_does_as_the_caller_has_a_row_or_a_reason(name):
    rows = resource_rows()[name]
    missing = {
        (name, phase, permission)
        for phase, permissions in handlers(name).items()
        for permission in permissions
        if phase != "list"  # for drift and import only, which Zappa does not ask for
        and not any(row.action == permission and phase in row.handlers for row in rows)
        and (name, "*", permission) not in UNNEEDED
    }
    assert missing == {key for key in UNNEEDED if key[0] == name and key[1] != "*"}


def test_no_reason_is_stale():
    for name, phase, permission in UNNEEDED:
        phases = handlers(name)
        assert permission in set().union(*(phases.values() if phase == "*" else [phases[phase]])), (
            name,
            phase,
            permission,
        )
        assert not any(
            row.action == permission and phase in {"*", *row.handlers} for row in resource_rows()[name]
        )
