"""Further evidence at the local AWS: look-ups, harmless calls, what they change of a report, and their faults."""

from __future__ import annotations

import json

import pytest

from tests.support.documents import allow, document
from tests.support.newcomer import ADMINISTRATOR, iam
from zappa_iam_ext import check_deploy_permissions
from zappa_iam_ext.errors import SettingsError

pytestmark = pytest.mark.aws
TEMPLATE = {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "hello-dev"}}}}


def report(*arguments: str, profile: str = "serverless"):
    done = iam("check", "dev", "--json", "--profile", profile, *arguments)
    return json.loads(done.stdout), done.exit_code


def notes(told, kind: str) -> list[str]:
    return [note["told"] for note in told["evidence"] if note["evidence"] == kind]


def actions(told, verdict: str) -> set[str]:
    return {item["action"] for item in told["results"] if item["verdict"] == verdict}


def deployed(newcomer) -> str:
    """Make the stage's stack with its API; return the API's id."""
    cloudformation = newcomer.aws.client("cloudformation")
    cloudformation.create_stack(StackName="hello-dev", TemplateBody=json.dumps(TEMPLATE))
    found = cloudformation.describe_stack_resource(StackName="hello-dev", LogicalResourceId="Api")
    return found["StackResourceDetail"]["PhysicalResourceId"]


def on_one_api(name: str):
    api = f"arn:aws:apigateway:us-east-1::/restapis/{name}"
    anything_else = {"Effect": "Allow", "NotAction": "apigateway:*", "Resource": "*"}
    mine = {"Effect": "Allow", "Action": "apigateway:*", "Resource": [api, f"{api}/*"]}
    rest = [f"arn:aws:apigateway:us-east-1::/{each}" for each in ("restapis", "apikeys", "tags/*", "apis/*")]
    return document(anything_else, mine, {"Effect": "Allow", "Action": "apigateway:*", "Resource": rest})


def test_a_grant_on_the_actual_api_is_enough_for_update(newcomer):
    newcomer.user("serverless", on_one_api(deployed(newcomer)))
    told, code = report("--command", "update")
    assert actions(told, "unknown") == set()
    assert actions(told, "denied") == set()
    assert code == 0
    open_, _ = report("--command", "update", "--evidence", "policies")
    assert "apigateway:PATCH" in actions(open_, "unknown"), "else the look-up decides nothing"


def test_what_a_first_deployment_makes_has_a_name_that_nobody_knows(newcomer):
    newcomer.user("serverless", on_one_api(deployed(newcomer)))
    told, code = report("--command", "deploy")
    left = [item for item in told["results"] if item["verdict"] == "unknown"]
    assert left
    assert all("what a first deployment makes" in item["why"] for item in left)
    assert code == 3


def test_a_grant_on_another_api_lacks_it(newcomer):
    deployed(newcomer)
    newcomer.user("serverless", on_one_api("another123"))
    told, code = report("--command", "update")
    assert "apigateway:PATCH" in actions(told, "denied")
    assert code == 1


def test_without_an_api_to_look_up_it_stays_unknown_and_is_never_lacking(newcomer):
    newcomer.user("serverless", on_one_api("abc123defg"))
    told, code = report("--command", "update")
    assert "apigateway:PATCH" in actions(told, "unknown")
    assert actions(told, "denied") == set()
    assert code == 3


def test_a_look_up_that_is_denied_leaves_it_unknown(newcomer):
    name = deployed(newcomer)
    deny = {"Effect": "Deny", "Action": "cloudformation:DescribeStackResource", "Resource": "*"}
    newcomer.user("serverless", on_one_api(name), document(deny))
    told, _ = report("--command", "update")
    assert "apigateway:PATCH" in actions(told, "unknown")


def test_a_role_and_a_bucket_that_are_there_need_not_be_made(newcomer):
    newcomer.settings(s3_bucket=f"packages-{newcomer.account}")
    deny = {"Effect": "Deny", "Action": ["iam:CreateRole", "s3:CreateBucket"], "Resource": "*"}
    newcomer.user("serverless", document(ADMINISTRATOR["Statement"], deny))
    before, code = report("--evidence", "policies")
    assert {"iam:CreateRole", "s3:CreateBucket"} <= actions(before, "denied")
    assert code == 1
    missing, code = report("--evidence", "probe")
    assert {"iam:CreateRole", "s3:CreateBucket"} <= actions(missing, "denied")
    newcomer.aws.client("s3").create_bucket(Bucket=f"packages-{newcomer.account}")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    newcomer.aws.client("iam").create_role(
        RoleName="hello-dev-ZappaLambdaExecutionRole", AssumeRolePolicyDocument=json.dumps(document(trust))
    )
    there, code = report("--evidence", "probe")
    assert not {"iam:CreateRole", "s3:CreateBucket"} & {item["action"] for item in there["results"]}
    assert code == 0
    assert any("iam:CreateRole is not needed" in told for told in notes(there, "probe"))


def test_a_stack_that_takes_no_update_is_told_before_the_deployment_fails(newcomer, monkeypatch):
    newcomer.user("serverless", ADMINISTRATOR)
    deployed(newcomer)
    import botocore.client

    real = botocore.client.BaseClient._make_api_call

    def stuck(self, operation, params):
        answer = real(self, operation, params)
        if operation == "DescribeStacks":
            answer["Stacks"][0]["StackStatus"] = "ROLLBACK_COMPLETE"
        return answer

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", stuck)
    told, _ = report("--evidence", "probe")
    assert any("ROLLBACK_COMPLETE: it can only be deleted" in each for each in notes(told, "probe"))
    found = check_deploy_permissions("dev", evidence="probe")
    assert any("ROLLBACK_COMPLETE" in each for each in found.subject.warnings)


def test_the_local_simulator_is_not_aws_s_and_nothing_of_it_is_used(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    told, code = report("--evidence", "simulation")
    assert code == 0
    assert actions(told, "allowed") == {item["action"] for item in told["results"]}
    assert "does not answer as AWS does" in notes(told, "simulation")[0]


def test_whoever_may_not_ask_the_simulator_is_told_so(newcomer):
    newcomer.user("serverless", allow("lambda:*"), inspects=False)
    told, code = report()
    assert notes(told, "simulation") == ["iam:SimulatePrincipalPolicy is denied"]
    assert len(notes(told, "policies")) == 1
    assert code == 3


FURTHER = {"HeadBucket", "GetRole", "GetFunction", "DescribeStacks", "DescribeStackResource"}


@pytest.mark.parametrize("fault", ["AccessDenied", "timeout", "odd"])
def test_a_fault_of_every_further_call_is_no_traceback_and_no_false_verdict(newcomer, monkeypatch, fault):
    import botocore.client
    from botocore.exceptions import ClientError, ReadTimeoutError

    newcomer.settings(s3_bucket="packages")
    newcomer.user("serverless", on_one_api("abc123defg"))
    real = botocore.client.BaseClient._make_api_call

    def faulty(self, name, params):
        if name not in FURTHER or (name == "GetRole" and "Zappa" not in params["RoleName"]):
            return real(self, name, params)
        if fault == "AccessDenied":
            status = {"HTTPStatusCode": 403}
            raise ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": status}, name)
        if fault == "timeout":
            raise ReadTimeoutError(endpoint_url="https://aws")
        return {}

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", faulty)
    told, code = report("--command", "update", "--evidence", "probe", "--timeout", "8")
    assert code == 3
    assert actions(told, "denied") == set()
    assert "apigateway:PATCH" in actions(told, "unknown")


@pytest.mark.usefixtures("newcomer")
def test_an_evidence_that_is_none_is_refused_before_anything_is_asked():
    with pytest.raises(SettingsError, match="there is no evidence 'probes'") as refused:
        check_deploy_permissions("dev", evidence="probes")
    assert "policies, simulation, probe, all" in refused.value.hint
    assert iam("check", "dev", "--evidence", "probes").exit_code == 2
