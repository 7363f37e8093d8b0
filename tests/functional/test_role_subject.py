"""The execution role as the second subject of the check and of the gate, on the local AWS."""

from __future__ import annotations

import json

import pytest

from tests.support.documents import allow, document
from tests.support.newcomer import ADMINISTRATOR, iam
from tests.support.roles import LAMBDA_ONLY, LOOKED_AT, OWN, ROLE, computed, make_role, trust_in
from zappa_iam_ext.iam.document import as_list

pytestmark = pytest.mark.aws


@pytest.fixture
def deployer(newcomer):
    """A project whose deploying user may do everything."""
    newcomer.user("serverless", ADMINISTRATOR, inspects=False)
    return newcomer


def checked(command: str = "deploy"):
    ran = iam("check", "dev", "--command", command, "--json")
    return ran.exit_code, json.loads(ran.stdout)["execution_role"]


def lacking(role, consequence: str = "") -> set[str]:
    return {
        item["action"]
        for item in role["results"]
        if item["verdict"] == "denied" and consequence in {"", item["consequence"]}
    }


@pytest.mark.usefixtures("deployer")
def test_a_role_that_zappa_makes_is_no_denial_and_its_width_is_told():
    code, role = checked()
    assert (code, role["exists"], role["managed"], role["refused"]) == (0, False, True, False)
    assert {"s3", "sqs", "sns", "kinesis", "dynamodb", "route53", "logs"} == set(role["full_access"])
    text = iam("check", "dev").stdout
    assert "not there yet, Zappa makes it with every action of 7 services" in " ".join(text.split())
    assert len(text.splitlines()) <= 25
    assert max(map(len, text.splitlines())) <= 80


def test_a_role_that_nobody_makes_stops_the_command(deployer):
    deployer.settings(**OWN)
    code, role = checked()
    assert (code, role["exists"], role["refused"]) == (1, False, True)
    assert "Zappa makes none" in role["fault"]
    text = iam("check", "dev").stdout
    assert "AWS refuses the execution role" in " ".join(text.split())
    assert "To make the role: zappa-iam role ensure dev --admin-profile PROFILE" in text


def _without(deployer, *actions: str):
    """Return the computed document without some actions."""
    policy, _ = computed(deployer)
    kept = [
        {**each, "Action": left}
        for each in policy["Statement"]
        if (left := [name for name in as_list(each["Action"]) if name not in actions])
    ]
    return document(*kept)


@pytest.mark.parametrize(
    ("without", "services", "code", "refused", "lacks", "distrusted"),
    [
        pytest.param((), "lea", 0, False, set(), [], id="as computed"),
        pytest.param(("xray:PutTraceSegments",), "lea", 1, True, {"xray:PutTraceSegments"}, [], id="lacks what Lambda looks for"),
        pytest.param(("logs:PutLogEvents",), "lea", 0, False, {"logs:PutLogEvents"}, [], id="lacks what goes unnoticed"),
        pytest.param((), "le", 0, False, set(), ["apigateway"], id="does not trust API Gateway, which shows at a request only"),
        pytest.param((), "la", 1, True, set(), ["events"], id="does not trust EventBridge, and PutRule is refused"),
        pytest.param((), "ea", 1, True, set(), ["lambda"], id="does not trust Lambda"),
    ],
)  # fmt: skip
def test_what_the_role_lacks_stops_the_command_where_aws_looks_at_it(  # noqa: PLR0917  -- a table
    deployer, without, services, code, refused, lacks, distrusted
):
    deployer.settings(**OWN, **LOOKED_AT)
    make_role(deployer, _without(deployer, *without), trust_in(services))
    found, role = checked()
    assert (found, role["refused"], lacking(role)) == (code, refused, lacks)
    broken = [each["service"] for each in role["trust"] if each["needed"] and each["decision"] != "allowed"]
    assert broken == [f"{name}.amazonaws.com" for name in distrusted]
    assert role["passable"] == "allowed"
    text = " ".join(iam("check", "dev").stdout.split())
    assert all(f"does NOT trust {name}" in text for name in distrusted)
    assert all(action.partition(":")[2] in text for action in lacks)
    assert not lacks or "(1), by the execution role:" in text


def test_a_boundary_that_does_not_allow_it_is_refused_too(deployer):
    deployer.settings(**OWN, **LOOKED_AT)
    limit = deployer.aws.client("iam").create_policy(
        PolicyName="Limit", PolicyDocument=json.dumps(allow("logs:*", "lambda:*", "ec2:*"))
    )["Policy"]["Arn"]
    make_role(deployer, PermissionsBoundary=limit)
    code, role = checked()
    assert (code, role["boundary"]) == (1, limit)
    assert lacking(role, "refused") == {"xray:PutTraceSegments"}
    assert {item["layer"] for item in role["results"] if item["verdict"] == "denied"} == {"boundary"}


def test_a_role_of_another_account_is_refused(deployer):
    deployer.settings(manage_roles=False, role_arn="arn:aws:iam::999999999999:role/theirs")
    code, role = checked()
    assert code == 1
    assert "999999999999" in role["fault"]


def test_a_path_that_no_setting_tells_is_in_the_arn_that_is_passed(newcomer):
    """IAM decides on the ARN that it stores (observed: ``deployer.json``)."""
    stored = f"arn:aws:iam::{newcomer.account}:role/service/{ROLE}"
    others = {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": stored}
    newcomer.user("serverless", document(others, passing), inspects=False)
    newcomer.settings(**OWN)
    make_role(newcomer, Path="/service/")
    code, role = checked()
    assert (code, role["arn"], role["passable"]) == (0, stored, "allowed")
    assert "a path of the role" not in iam("check", "dev", "-v").stdout


@pytest.mark.parametrize(
    ("denied", "settings", "code"),
    [
        pytest.param(("iam:GetRole",), OWN, 3, id="whether it is there, and whom it trusts"),
        pytest.param(("iam:GetRolePolicy",), {**OWN, **LOOKED_AT}, 3, id="a policy, with something that Lambda looks for"),
        pytest.param(("iam:GetRolePolicy",), OWN, 0, id="a policy, with nothing that Lambda looks for"),
        pytest.param(("iam:GetRole",), {}, 0, id="whether it is there, of a role that Zappa makes"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_unknown(newcomer, denied, settings, code):
    refused = {
        "Effect": "Deny",
        "Action": list(denied),
        "Resource": f"arn:aws:iam::{newcomer.account}:role/{ROLE}",
    }
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    newcomer.user("serverless", document(everything, refused), inspects=False)
    newcomer.settings(**settings)
    make_role(newcomer)
    ran = iam("check", "dev", "--command", "deploy", "--json")
    told = json.loads(ran.stdout)
    role = told["execution_role"]
    assert any(action in each for each in role["unreadable"] for action in denied)
    assert (role["exit_code"], role["refused"]) == (3, False)
    lacks = {item["action"] for item in told["results"] if item["verdict"] == "denied"}
    assert lacks <= set(denied), "Zappa reads the role, too"
    assert ran.exit_code == (1 if lacks else code)
    checked_role = iam("role", "check", "dev", "--evidence", "policies")
    assert checked_role.exit_code == 3
    assert "To let it be read" in checked_role.stdout


def test_a_command_with_which_nobody_looks_at_the_role_says_nothing_of_it(deployer):
    deployer.settings(**OWN)
    code, role = checked("tail")
    assert (code, role) == (0, None)


@pytest.mark.zappa
def test_the_gate_stops_zappa_before_it_makes_anything(deployer):
    deployer.settings(**OWN, **LOOKED_AT)
    make_role(deployer, allow("logs:*"), LAMBDA_ONLY)
    ran = deployer.zappa("deploy", "dev")
    assert ran.exit_code == 1, ran.stderr
    assert "execution role" in ran.stderr
    assert ran.written == []


def test_every_format_shows_the_role_as_it_shows_permissions(deployer):
    deployer.settings(**OWN, **LOOKED_AT)
    make_role(deployer, allow("logs:*", "lambda:*", "ec2:*"), LAMBDA_ONLY)
    for output in ("junit", "sarif", "github", "markdown"):
        told = iam("check", "dev", "--command", "deploy", "--format", output)
        assert told.exit_code == 1
        assert "xray:PutTraceSegments" in told.stdout
        assert "events.amazonaws.com" in told.stdout
        assert "execution role" in told.stdout


def test_what_apply_provisions_lets_the_role_be_read(newcomer):
    newcomer.administrator()
    newcomer.settings(**OWN, **LOOKED_AT)
    make_role(newcomer)
    made = iam("apply", "dev", "--admin-profile", "admin", "--create-keys", "--yes")
    assert made.exit_code == 0, made.stdout + made.stderr
    ran = iam("check", "dev", "--json")
    told = json.loads(ran.stdout)
    assert ran.exit_code == 0, ran.stdout
    assert (told["execution_role"]["exists"], told["execution_role"]["unreadable"]) == (True, [])
    assert told["deployment_policy"]["surplus"] == [], "to look at the role is not too much"
    assert iam("role", "check", "dev").exit_code == 0
