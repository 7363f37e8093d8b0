"""``zappa-iam role show|diff|lint|check``: offline, on the local AWS, and with AWS's simulator asked about the role."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.documents import allow, document
from tests.support.model_simulator import ModelSimulator, answering
from tests.support.newcomer import ADMINISTRATOR, SETTINGS, iam
from tests.support.role_reports import ARN, NAME, STAGE
from tests.support.roles import LAMBDA_ONLY, LOOKED_AT, OWN, ROLE, computed, make_role, trust_in
from tests.support.schemas import valid
from zappa_iam_ext.aws.asking.deadline import Deadline
from zappa_iam_ext.aws.identity import identity_from
from zappa_iam_ext.aws.reading.model import HeldPolicy, LiveRole, PrincipalPolicies
from zappa_iam_ext.check import Verdict
from zappa_iam_ext.check.execution_role import check_role
from zappa_iam_ext.iam import PolicyDocument, Principal
from zappa_iam_ext.iam.document import as_list
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.roles.execution_trust import execution_trust
from zappa_iam_ext.workflow.deciding.execution_role import as_it_is
from zappa_iam_ext.workflow.deciding.principals import ReadPrincipal
from zappa_iam_ext.workflow.deciding.roles import ReadRole, with_simulation

ACCOUNT = "123456789012"


@pytest.fixture
def project(clean):
    del clean
    stages = {"dev": {**SETTINGS, **LOOKED_AT}, "prod": {**SETTINGS, "manage_roles": False}}
    Path("zappa_settings.json").write_text(json.dumps(stages))


@pytest.mark.usefixtures("project", "offline")
class TestShow:
    def test_the_document_is_exactly_one_json_document_on_stdout(self):
        ran = iam("role", "show", "dev", "--account", ACCOUNT)
        told = json.loads(ran.stdout)
        assert (ran.exit_code, ran.stderr) == (0, "")
        assert PolicyDocument.parse(told).statements
        assert iam("role", "show", "dev", "--account", ACCOUNT, "--json").stdout == ran.stdout
        assert any(f":us-east-1:{ACCOUNT}:" in text for text in _resources(told))
        assert not any(":us-east-1:*:" in text for text in _resources(told))

    def test_without_an_account_arns_name_any_and_stderr_says_so(self):
        ran = iam("role", "show", "dev")
        assert ran.exit_code == 0
        assert any(":us-east-1:*:" in text for text in _resources(json.loads(ran.stdout)))
        assert "--account names one" in ran.stderr

    def test_the_account_that_is_expected_is_taken(self):
        Path("zappa_settings.json").write_text(
            json.dumps({"dev": {**SETTINGS, "iam_ext": {"expected_account": ACCOUNT}}})
        )
        ran = iam("role", "show", "dev")
        assert ran.stderr == ""
        assert any(f":{ACCOUNT}:" in text for text in _resources(json.loads(ran.stdout)))

    def test_the_trust_has_a_statement_for_each_service_with_the_conditions_that_work(self):
        told = json.loads(iam("role", "show", "dev", "--trust", "--account", ACCOUNT).stdout)
        services = {item["Principal"]["Service"][0]: item.get("Condition") for item in told["Statement"]}
        account = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        assert services == {
            "lambda.amazonaws.com": account,
            "events.amazonaws.com": account,
            "apigateway.amazonaws.com": None,
        }
        without = iam("role", "show", "dev", "--trust", "--account", ACCOUNT, "--no-lambda-source-account")
        assert "Condition" not in json.loads(without.stdout)["Statement"][0]

    def test_explain_says_who_uses_each_grant_why_and_what_a_denial_does(self):
        told = valid("role-show", "json", iam("role", "show", "dev", "--explain", "--json").stdout)
        (stage,) = told["stages"]
        document = json.loads(iam("role", "show", "dev").stdout)
        granted = {name for item in document["Statement"] for name in as_list(item["Action"])}
        assert {item["action"] for item in stage["grants"]} <= granted
        assert {item["used_by"] for item in stage["grants"]} == {"function", "lambda", "api-gateway"}
        text = iam("role", "show", "dev", "--explain").stdout
        assert "Used by Lambda itself, around the function" in text
        assert "(setting xray_tracing)" in " ".join(text.split())
        assert "when denied: refused at deploy" in " ".join(text.split())
        assert all(item["action"] in text for item in stage["grants"])

    def test_all_stages_are_a_list(self):
        told = json.loads(iam("role", "show", "--all").stdout)
        alone = [json.loads(iam("role", "show", stage).stdout) for stage in ("dev", "prod")]
        assert told == alone

    def test_lint_of_the_computed_documents_is_offline_and_finds_no_error(self):
        ran = iam("role", "lint", "dev", "--computed", "--format", "json")
        told = valid("lint", "json", ran.stdout)
        assert ran.exit_code == 0
        assert len(told["sources"]) == 2
        assert not [item for item in told["findings"] if item["severity"] == "error"]


def _resources(document):
    return [name for item in document["Statement"] for name in as_list(item["Resource"])]


@pytest.fixture
def deployer(newcomer):
    newcomer.user("serverless", ADMINISTRATOR, inspects=False)
    return newcomer


def codes(*commands: str) -> dict[str, int]:
    return {command: iam("role", command, "dev").exit_code for command in commands}


@pytest.mark.aws
def test_exit_codes_of_a_role_on_its_way(deployer):
    assert codes("check", "diff", "lint") == {"check": 0, "diff": 0, "lint": 0}, "Zappa makes it"
    deployer.settings(**OWN, **LOOKED_AT)
    assert codes("check", "diff", "lint") == {"check": 1, "diff": 1, "lint": 2}, "nobody makes it"
    make_role(deployer, allow("*"), LAMBDA_ONLY)
    assert codes("check", "diff", "lint") == {"check": 1, "diff": 1, "lint": 1}, "too wide, and distrusted"
    policy, trust = computed(deployer)
    client = deployer.aws.client("iam")
    client.put_role_policy(
        RoleName=ROLE, PolicyName="ZappaLambdaExecutionPolicy", PolicyDocument=json.dumps(policy)
    )
    client.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    assert codes("check", "diff", "lint") == {"check": 0, "diff": 0, "lint": 0}, "as computed"
    assert "is what is needed, and no more" in " ".join(iam("role", "diff", "dev").stdout.split())


@pytest.mark.aws
def test_diff_tells_lacking_beyond_trust_and_what_zappa_writes_next(deployer):
    deployer.settings(**LOOKED_AT)
    held = document(
        {"Sid": "Wide", "Effect": "Allow", "Action": ["logs:*", "s3:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"},
    )
    make_role(deployer, held, trust_in("la"))
    ran = iam("role", "diff", "dev", "--json")
    told = valid("role-diff", "json", ran.stdout)
    assert ran.exit_code == 1
    lacking = {item["action"] for item in told["lacking"]}
    assert {"xray:PutTelemetryRecords", "ec2:CreateNetworkInterface"} <= lacking
    assert not {"xray:PutTraceSegments", "logs:PutLogEvents"} & lacking
    assert {(item["action"], item["sid"]) for item in told["surplus"]} == {
        ("logs:*", "Wide"),
        ("s3:*", "Wide"),
    }
    role = told["execution_role"]
    assert (role["full_access"], role["managed"], role["exists"]) == (["logs", "s3"], True, True)
    broken = [each["service"] for each in role["trust"] if each["needed"] and each["decision"] != "allowed"]
    assert broken == ["events.amazonaws.com"]
    writes = {item["operation"] for item in told["zappa"]["writes"]}
    assert writes == {"PutRolePolicy", "UpdateAssumeRolePolicy"}
    text = iam("role", "diff", "dev").stdout
    assert len(text.splitlines()) <= 25
    assert "Zappa's next deployment calls PutRolePolicy" in " ".join(text.split())
    assert "xray:PutTelemetryRecords" in iam("role", "diff", "dev", "-v").stdout
    for output in ("sarif", "junit", "github", "markdown", "html"):
        again = iam("role", "diff", "dev", "--format", output)
        assert again.exit_code == 1
        assert "xray:PutTelemetryRecords" in again.stdout


@pytest.mark.aws
def test_a_role_that_zappa_manages_is_checked_as_zappa_leaves_it(deployer):
    """Zappa rewrites inline policy and trust: what is lacking now is there after the deployment."""
    make_role(deployer, allow("s3:GetObject"), trust_in("l"))
    ran = iam("role", "check", "dev", "--json")
    told = valid("role-check", "json", ran.stdout)["execution_role"]
    assert (ran.exit_code, told["exists"], told["refused"]) == (0, True, False)
    assert "sqs" in told["full_access"]
    assert any("Zappa writes into it first" in (note["told"] or "") for note in told["evidence"])


@pytest.mark.aws
def test_the_profile_may_not_pass_it(newcomer):
    denied = {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}
    newcomer.user(
        "serverless", document({"Effect": "Allow", "Action": "*", "Resource": "*"}, denied), inspects=False
    )
    newcomer.settings(**OWN)
    make_role(newcomer)
    ran = iam("role", "check", "dev")
    assert ran.exit_code == 1
    assert "may NOT pass it" in ran.stdout
    assert "To see why it may not be passed: zappa-iam check dev" in ran.stdout
    assert "To make or mend it" not in ran.stdout


@pytest.mark.aws
def test_all_tells_a_stage_that_cannot_be_read_beside_the_others(deployer):
    stages = json.loads(Path("zappa_settings.json").read_text())
    stages["prod"] = {**stages["dev"], "profile_name": "gone"}
    Path("zappa_settings.json").write_text(json.dumps(stages))
    ran = iam("role", "check", "--all", "--json")
    told = valid("role-check", "json", ran.stdout)
    assert ran.exit_code == 2
    assert [item["stage"] for item in told["roles"]] == ["dev"]
    assert [item["stage"] for item in told["errors"]] == ["prod"]
    assert deployer.account in told["roles"][0]["execution_role"]["arn"]
    assert deployer.account not in iam("role", "check", "dev", "--mask-account").stdout


EVERYTHING = allow("*")
#: Who denies besides: the role's boundary, the organization. And what becomes of it.
LIMITS = {
    "nobody": (None, EVERYTHING, Verdict.ALLOWED),
    "the boundary": (allow("logs:*"), EVERYTHING, Verdict.DENIED),
    "the organization": (None, allow("logs:*"), Verdict.UNKNOWN),
}


@pytest.mark.parametrize("who", LIMITS)
def test_the_simulator_is_asked_about_the_role_itself(who):
    """A denial by organization policies alone is unknown: the simulator is known to be wrong about them at times."""
    boundary, organization, expected = LIMITS[who]
    held = execution_policy(STAGE)
    policies = [HeldPolicy(f"role {NAME} / inline policy own", "identity", held)]
    if boundary:
        policies.append(HeldPolicy("boundary", "boundary", PolicyDocument.parse(boundary)))
    described = {"Arn": ARN, "AssumeRolePolicyDocument": execution_trust(STAGE)}
    principal = Principal.parse(ARN)
    live = LiveRole(NAME, True, PrincipalPolicies(principal, tuple(policies), described=described))
    simulator = ModelSimulator(ARN, {f"role_{NAME}_own": held.to_dict()}, boundary, organization)
    jane = identity_from(f"arn:aws:iam::{ACCOUNT}:user/jane", ACCOUNT)
    reading = ReadPrincipal(
        jane, PrincipalPolicies(jane.principal), answering(simulator, ARN), Deadline(), lambda _: None
    )
    before = check_role(STAGE, as_it_is(live))
    after = with_simulation(before, ReadRole(STAGE, live, reading))
    assert simulator.asked
    verdicts = {item.requirement.action: item.verdict for item in after.results}
    assert verdicts["xray:PutTraceSegments"] is expected
    assert verdicts["logs:PutLogEvents"] is Verdict.ALLOWED
    assert after.exit_code() == {"allowed": 0, "denied": 1, "unknown": 3}[expected]
    missing = replace(live, exists=None)
    assert with_simulation(before, ReadRole(STAGE, missing, reading)) == before
