"""Who blocks, down to the line, and how the deployment policy stands: told by reading what real IAM holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.documents import allow, document
from tests.support.newcomer import ADMINISTRATOR, iam
from tests.support.watched import watched
from zappa_iam_ext.plan.ownership import OWNER_TAG, STAGES_TAG, ZAPPA_TAG

pytestmark = pytest.mark.aws
NAME = "ZappaLambdaDeploymentPolicy"
DENY = {"Sid": "NoRoles", "Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}


def computed(newcomer, *flags):
    return json.loads(iam("policy", "dev", "--account", newcomer.account, *flags).stdout)


def make(newcomer, name, held, *, path="/", tags=(), indent=None):
    made = newcomer.aws.client("iam").create_policy(
        PolicyName=name,
        Path=path,
        PolicyDocument=json.dumps(held, indent=indent),
        Tags=[{"Key": key, "Value": value} for key, value in tags],
    )
    return made["Policy"]["Arn"]


def attach(newcomer, arn, group=""):
    client = newcomer.aws.client("iam")
    if not group:
        client.attach_user_policy(UserName="serverless", PolicyArn=arn)
        return
    client.create_group(GroupName=group)
    client.add_user_to_group(GroupName=group, UserName="serverless")
    client.attach_group_policy(GroupName=group, PolicyArn=arn)


def report(*arguments):
    return json.loads(iam("check", "dev", "--json", *arguments).stdout)


def blockers(told, action="iam:PassRole"):
    found = [item for item in told["results"] if item["action"] == action and item["verdict"] == "denied"]
    assert found
    (one,) = {json.dumps(item["blocker"], sort_keys=True) for item in found}
    return json.loads(one)


def test_a_groups_managed_policy_is_named_with_its_statement_and_line(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    arn = make(newcomer, "Limits", document(ADMINISTRATOR["Statement"], DENY), indent=2)
    attach(newcomer, arn, "deployers")
    assert blockers(report()) == {
        "layer": "identity",
        "explicit": True,
        "policy": "group deployers / managed policy Limits",
        "statement": "NoRoles",
        "line": 9,
    }
    text = " ".join(iam("check", "dev").stdout.split())
    assert "policy Limits of group deployers (statement NoRoles, line 9)" in text
    assert "To fix it: zappa-iam apply" not in text


def test_an_inline_policy_on_one_line_is_told_by_its_statement(newcomer):
    newcomer.user("serverless", ADMINISTRATOR, document({**DENY, "Sid": ""}))
    found = blockers(report())
    assert (found["policy"], found["statement"], found["line"]) == (
        "user serverless / inline policy inline-1",
        "statement 1",
        1,
    )


def test_a_boundary_that_does_not_allow_it_is_named_by_its_arn(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    arn = make(newcomer, "TeamBoundary", allow("iam:*", "s3:*"), path="/security/")
    newcomer.aws.client("iam").put_user_permissions_boundary(UserName="serverless", PermissionsBoundary=arn)
    found = blockers(report(), "events:PutRule")
    assert (found["layer"], found["explicit"], found["policy"]) == ("boundary", False, arn)


def test_what_nothing_allows_has_no_blocker(newcomer):
    newcomer.user("serverless", allow("s3:*"))
    assert blockers(report(), "lambda:CreateFunction") is None


@pytest.mark.usefixtures("newcomer")
def test_a_file_is_named_with_the_line():
    Path("limits.json").write_text(json.dumps(document(ADMINISTRATOR["Statement"], DENY), indent=1))
    found = blockers(report("--policy", "limits.json"))
    assert (found["policy"], found["statement"], found["line"]) == ("limits.json", "NoRoles", 9)


def told(*arguments):
    return report(*arguments)["deployment_policy"]


def test_a_policy_that_is_not_there(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    found = told()
    assert (found["name"], found["exists"], found["attached"]) == (NAME, False, None)


def test_a_policy_that_may_not_be_looked_for(newcomer):
    hidden = {"Effect": "Deny", "Action": ["iam:GetPolicy", "iam:ListPolicies"], "Resource": "*"}
    newcomer.user("serverless", document(ADMINISTRATOR["Statement"], hidden))
    assert told()["exists"] is None


@pytest.mark.parametrize(
    ("name", "path", "group", "attached"),
    [
        pytest.param(NAME, "/", "", "directly", id="attached directly"),
        pytest.param(NAME, "/", "team", "through the group team", id="through a group"),
        pytest.param(NAME, "/apps/", "", "directly", id="under a path"),
        pytest.param(NAME.upper(), "/apps/", "", "directly", id="in another case"),
    ],
)
def test_the_policy_is_found_wherever_it_is(newcomer, name, path, group, attached):
    newcomer.user("serverless")
    arn = make(newcomer, name, computed(newcomer), path=path)
    attach(newcomer, arn, group)
    found = told()
    assert (found["exists"], found["arn"], found["attached"], found["version"]) == (True, arn, attached, "v1")
    assert (found["lacking"], found["surplus"]) == ([], []), "equal to what is needed"
    assert (found["zappa_version"], found["stages"]) == (None, []), "nobody has tagged it"


@pytest.mark.parametrize("path", ["/", "/apps/"])
def test_a_policy_that_is_not_attached_is_seen(newcomer, path):
    newcomer.user("serverless", ADMINISTRATOR)
    arn = make(newcomer, NAME, computed(newcomer), path=path)
    found = told()
    assert (found["exists"], found["arn"], found["attached"], found["lacking"]) == (True, arn, None, [])


def test_what_is_short_and_what_is_wide_is_listed(newcomer):
    newcomer.user("serverless")
    held = computed(newcomer)
    held["Statement"] = [each for each in held["Statement"] if "iam:PassRole" not in str(each["Action"])] + [
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    ]
    attach(newcomer, make(newcomer, NAME, held))
    found = told()
    assert any(each.startswith("iam:PassRole on arn:aws:iam::") for each in found["lacking"])
    assert found["surplus"] == ["sqs:* on *"]


def test_parts_of_a_policy_are_looked_at_together(newcomer):
    newcomer.user("serverless")
    statements = computed(newcomer)["Statement"]
    attach(newcomer, make(newcomer, NAME, document(*statements[::2])))
    assert told()["lacking"]
    attach(newcomer, make(newcomer, f"{NAME}-2", document(*statements[1::2])))
    found = told()
    assert (found["name"], found["lacking"], found["surplus"]) == (NAME, [], [])


def test_its_tags_say_for_whom_it_was_made(newcomer):
    newcomer.user("serverless")
    tags = ((OWNER_TAG[0], OWNER_TAG[1]), (STAGES_TAG, "hello/dev hello/prod"), (ZAPPA_TAG, "0.60.2"))
    attach(newcomer, make(newcomer, NAME, computed(newcomer), tags=tags))
    found = told()
    assert (found["stages"], found["zappa_version"]) == (["hello/dev", "hello/prod"], "0.60.2")
    assert (found["lacking"], found["surplus"]) == ([], None), "prod may need more: nobody here can tell"


def test_a_policy_of_the_stages_own_goes_before_one_that_was_made_for_another(newcomer):
    newcomer.user("serverless")
    ours = (OWNER_TAG[0], OWNER_TAG[1])
    attach(newcomer, make(newcomer, NAME, allow("s3:*"), tags=(ours, (STAGES_TAG, "other/dev"))))
    own = f"{NAME}-hello-dev"
    attach(newcomer, make(newcomer, own, computed(newcomer), tags=(ours, (STAGES_TAG, "hello/dev"))))
    found = told()
    assert (found["name"], found["stages"], found["lacking"], found["surplus"]) == (
        own,
        ["hello/dev"],
        [],
        [],
    )


def test_a_policy_of_another_name(newcomer):
    newcomer.settings(iam_ext={"policy": "Mine"})
    newcomer.user("serverless")
    attach(newcomer, make(newcomer, "Mine", computed(newcomer)))
    assert (told()["name"], told()["attached"]) == ("Mine", "directly")


def test_every_stage_of_one_principal_is_told_by_one_reading(newcomer, monkeypatch):
    newcomer.user("serverless", ADMINISTRATOR)
    stages = json.loads(Path("zappa_settings.json").read_text())
    stages = {name: {**stages["dev"], "aws_region": region} for name, region in [("a", "us-east-1"), ("b", "eu-west-1"), ("c", "us-east-1")]}  # fmt: skip
    Path("zappa_settings.json").write_text(json.dumps(stages))
    with watched(newcomer.aws.endpoint) as window:
        monkeypatch.setenv("AWS_ENDPOINT_URL", window.endpoint)
        done = iam("check", "--all", "--json")
    assert (done.exit_code, len(json.loads(done.stdout)["reports"])) == (0, 3)
    asked = [each.action for each in window.asked]
    assert asked.count("GetCallerIdentity") == asked.count("GetUser") == asked.count("ListUserPolicies") == 1


WITHOUT_MFA = {
    "Sid": "Mfa",
    "Effect": "Deny",
    "NotAction": ["iam:*", "sts:*"],
    "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}
UNLIFTED = {
    "a boundary": (None, "the permissions boundary arn:aws:iam::{account}:policy/Limit to allow apigateway:"),
    "a Deny of a group": (DENY, "the managed policy Limits of group g (statement NoRoles, line 1) to lift the Deny on iam:PassRole"),
    "a Deny without MFA, of a long-term key": (WITHOUT_MFA, "(statement Mfa, line 1) to lift the Deny on apigateway:"),
    "a Deny of what nobody needs": ({**DENY, "Action": "iam:DeleteUser"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", UNLIFTED)
def test_a_plan_says_what_it_does_not_lift(newcomer, what):
    newcomer.user("serverless")
    newcomer.administrator()
    denied, told = UNLIFTED[what]
    if denied:
        attach(newcomer, make(newcomer, "Limits", document(denied)), "g")
    else:
        boundary = make(newcomer, "Limit", allow("s3:*", "lambda:*", "iam:*", "logs:*"))
        newcomer.aws.client("iam").put_user_permissions_boundary(
            UserName="serverless", PermissionsBoundary=boundary
        )
    words = ("plan",) if denied else ("apply", "--yes")
    done = iam(words[0], "dev", "--admin-profile", "admin", *words[1:])
    assert done.exit_code == 0, done.stderr
    text = " ".join(done.stdout.split())
    if told:
        assert told.format(account=newcomer.account) in text
        assert "`apply` cannot." in text
    else:
        assert "Ask the owner" not in text
