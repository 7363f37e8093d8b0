"""``zappa-iam policy``: one document on stdout, offline, stable, and no more than is needed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.support.newcomer import ROOT, SETTINGS, iam
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, evaluate
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.permissions.commands import COMMANDS, parse_command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.settings_file import read_stages

pytestmark = pytest.mark.usefixtures("clean", "offline")
ACCOUNT = "123456789012"
CONVENTIONAL = ROOT / "tests" / "data" / "ZappaLambdaDeploymentPolicy.json"


@pytest.fixture(autouse=True)
def project(clean):
    write()
    return clean


def write(**more):
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**SETTINGS, "s3_bucket": "packages", **more}}))


def policy(*arguments):
    done = iam("policy", "dev", "--account", ACCOUNT, *arguments)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout), done


def pairs(document):
    listed = lambda value: [value] if isinstance(value, str) else value  # noqa: E731
    return {
        (action, resource)
        for statement in document["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def test_one_document_on_stdout_and_nothing_else_offline_without_credentials():
    document, done = policy()
    assert done.stderr == ""
    assert PolicyDocument.parse(document)
    assert ACCOUNT in done.stdout
    assert "<" not in done.stdout


def test_it_is_the_same_each_time():
    assert len({policy()[1].stdout for _ in range(3)}) == 1


def test_sids_are_unique_and_say_what_each_statement_is_for():
    sids = [statement["Sid"] for statement in policy()[0]["Statement"]]
    assert len(set(sids)) == len(sids)
    assert {"ManageFunction", "PassExecutionRole", "ReadOwnLogs", "ManageApiStack"} <= set(sids)


def test_the_default_is_the_whole_life_cycle_and_commands_may_be_repeated():
    whole = pairs(policy("--no-self-inspection")[0])
    each = [pairs(policy("--no-self-inspection", "--command", name)[0]) for name in ("deploy", "tail")]
    both = pairs(policy("--no-self-inspection", "--command", "deploy", "--command", "tail")[0])
    assert both == each[0] | each[1]
    assert both < whole
    every = policy("--no-self-inspection", *(word for name in COMMANDS for word in ("--command", name)))
    assert pairs(every[0]) == whole


def test_flags_of_a_command_count():
    bare = pairs(policy("--command", "undeploy")[0])
    with_logs = pairs(policy("--command", "undeploy --remove-logs")[0])
    assert {action for action, _ in with_logs - bare} == {"logs:DeleteLogGroup"}


@pytest.mark.parametrize("command", COMMANDS)
def test_it_allows_all_that_the_command_needs_and_no_action_that_nothing_needs(command):
    (stage,) = read_stages()
    needed = requirements(stage.with_account(ACCOUNT), [parse_command(command)])
    document, _ = policy("--no-self-inspection", "--command", command)
    held = PolicySet(identity=(PolicyDocument.parse(document),))
    for item in needed:
        request = AuthorizationRequest(
            f"arn:aws:iam::{ACCOUNT}:user/serverless", item.action, item.resource, item.context
        )
        assert evaluate(held, request).decision is Decision.ALLOWED, item
    assert {action for action, _ in pairs(document)} == {item.action for item in needed}
    assert {resource for _, resource in pairs(document)} <= {item.resource for item in needed}


def test_no_action_is_a_wildcard_and_resources_name_the_stage():
    unlimited = set()
    for action, resource in pairs(policy()[0]):
        assert "*" not in action
        if resource == "*":
            unlimited.add(action)
    inspection = {"iam:ListAccountAliases", "iam:ListPolicies"}
    assert unlimited - inspection == {"cloudwatch:GetMetricStatistics", "events:ListRuleNamesByTarget"}
    assert not any(action_definition(action).limited_to_resources for action in unlimited)


def test_another_partition_is_in_every_arn():
    document, _ = policy("--region", "cn-north-1")
    write(aws_region="cn-north-1")
    document, done = policy()
    assert {resource.split(":")[1] for _, resource in pairs(document) if resource != "*"} == {"aws-cn"}
    assert ".amazonaws.com" in done.stdout


def test_the_self_inspection_statement_names_the_user_that_is_provisioned():
    write(iam_ext={"user_name": "robot"})
    document, _ = policy()
    own = {action for action, resource in pairs(document) if resource.endswith(":user/robot")}
    assert "iam:ListAttachedUserPolicies" in own
    assert not any(action.startswith("iam:List") for action, _ in pairs(policy("--no-self-inspection")[0]))


def test_a_hand_made_document_takes_the_computed_ones_place_and_is_measured_against_it():
    shutil.copy(CONVENTIONAL, "ours.json")
    write(iam_ext={"policy_document": "ours.json"})
    document, done = policy("--no-self-inspection")
    expected = CONVENTIONAL.read_text().replace("<ACCOUNT_ID>", ACCOUNT).replace("<S3_BUCKET>", "packages")
    assert PolicyDocument.parse(document) == PolicyDocument.parse(expected)
    lacking = {line.split()[4] for line in done.stderr.splitlines()}
    assert all(line.startswith("ours.json does not allow ") for line in done.stderr.splitlines())
    computed, _ = policy("--no-self-inspection", "--computed")
    held = PolicySet(identity=(PolicyDocument.parse(document),))
    refused = {
        action
        for action, resource in pairs(computed)
        if evaluate(
            held, AuthorizationRequest(f"arn:aws:iam::{ACCOUNT}:user/serverless", action, resource)
        ).decision
        is not Decision.ALLOWED
    }
    assert lacking >= refused
    assert "cloudformation:TagResource" in lacking
    assert "lambda:CreateFunction" not in lacking
    inspecting, _ = policy()
    assert any(action == "iam:ListUserPolicies" for action, _ in pairs(inspecting))


def test_check_judges_a_document_offline():
    shutil.copy(CONVENTIONAL, "ours.json")
    done = iam("check", "dev", "--policy", "ours.json", "--account", ACCOUNT, "--json", "--command", "deploy")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    denied = {item["action"] for item in report["results"] if item["verdict"] == "denied"}
    assert "iam:GetRolePolicy" in denied
    assert "iam:GetRole" not in denied
    Path("computed.json").write_text(policy("--command", "deploy")[1].stdout)
    passed = iam("check", "dev", "--policy", "computed.json", "--account", ACCOUNT, "--command", "deploy")
    assert passed.exit_code == 0


@pytest.mark.parametrize("split", [False, True])
def test_several_stages_are_merged(split):
    stages = {"dev": SETTINGS, "live": {**SETTINGS, "aws_region": "eu-west-1", "project_name": "world"}}
    Path("zappa_settings.json").write_text(json.dumps(stages))
    done = iam("policy", "--all", "--account", ACCOUNT, *(["--split"] if split else []))
    assert done.exit_code == 0
    made = json.loads(done.stdout)
    granted = set().union(*(pairs(document) for document in (made if split else [made])))
    for name in ("dev", "live"):
        assert pairs(json.loads(iam("policy", name, "--account", ACCOUNT).stdout)) <= granted


THREE_PARTITIONS = {
    "dev": {**SETTINGS, "aws_region": "ap-southeast-2"},
    "cn": {"extends": "dev", "aws_region": "cn-north-1"},
    "gov": {"extends": "dev", "aws_region": "us-gov-west-1"},
    "eu": {"extends": "dev", "aws_region": "eu-north-1"},
    "cn2": {"extends": "dev", "aws_region": "cn-northwest-1"},
}


def partitions_of(document):
    return {resource.split(":")[1] for _, resource in pairs(document) if resource != "*"}


@pytest.mark.parametrize("option", ["", "--split", "--compact"])
def test_stages_of_several_partitions_have_documents_of_their_own(option):
    Path("zappa_settings.json").write_text(json.dumps(THREE_PARTITIONS))
    done = iam("policy", "--all", "--account", ACCOUNT, *filter(None, [option]))
    assert done.exit_code == 0
    made = json.loads(done.stdout)
    each = [partitions_of(document) for document in made]
    assert [partition for found in each for partition in found] == [
        partition for partition in ("aws", "aws-cn", "aws-us-gov") for _ in range(each.count({partition}))
    ]
    assert len(made) == 3 or option == "--split"
    assert (
        "separate documents for 3 partitions, in this order: aws (dev, eu), aws-cn (cn, cn2)" in done.stderr
    )
    linted = iam("lint", "-", input=done.stdout)
    assert linted.exit_code == 0, linted.stdout


FOREIGN = [
    {
        "events": [
            {
                "function": "app.f",
                "event_source": {
                    "arn": "arn:aws:sns:eu-west-1:123456789012:topic",
                    "events": ["sns:Publish"],
                },
            }
        ]
    },
    {"manage_roles": False, "role_arn": "arn:aws:iam::123456789012:role/r"},
]


@pytest.mark.parametrize("inherited", FOREIGN, ids=["a topic", "a role"])
def test_what_a_stage_inherits_from_another_partition_is_left_out_and_told(inherited):
    stages = {"dev": {**SETTINGS, **inherited}, "cn": {"extends": "dev", "aws_region": "cn-north-1"}}
    Path("zappa_settings.json").write_text(json.dumps(stages))
    done = iam("policy", "cn", "--account", ACCOUNT)
    assert (done.exit_code, partitions_of(json.loads(done.stdout))) == (0, {"aws-cn"})
    left_out = [
        line for line in done.stderr.splitlines() if line.startswith("left out, for IAM takes only ARNs of")
    ]
    assert left_out
    assert all(line.split(" on ")[1].startswith("arn:aws:") for line in left_out)
    assert "left out" not in iam("policy", "dev", "--account", ACCOUNT).stderr
    both = iam("policy", "--all", "--account", ACCOUNT)
    assert [partitions_of(document) for document in json.loads(both.stdout)] == [{"aws"}, {"aws-cn"}]
    assert [line for line in both.stderr.splitlines() if line.startswith("aws-cn: left out")]


def test_stages_of_one_partition_share_a_document():
    stages = {name: value for name, value in THREE_PARTITIONS.items() if name in {"dev", "eu"}}
    Path("zappa_settings.json").write_text(json.dumps(stages))
    done = iam("policy", "--all", "--account", ACCOUNT)
    assert partitions_of(json.loads(done.stdout)) == {"aws"}


def test_without_an_account_the_option_is_named_in_the_first_line():
    done = iam("policy", "dev")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--account" in done.stderr.splitlines()[0]


def test_a_document_that_compact_cannot_shorten_enough_is_printed_and_ends_with_1():
    stages = {
        f"s{number}": {
            **SETTINGS,
            "project_name": f"{chr(97 + number % 26)}{number}-project",
            "aws_region": region,
        }
        for number, region in enumerate(
            ["us-east-1", "eu-west-1", "ap-south-1", "us-west-2", "eu-north-1"] * 6
        )
    }
    Path("zappa_settings.json").write_text(json.dumps(stages))
    done = iam("policy", "--all", "--compact", "--account", ACCOUNT)
    document = PolicyDocument.parse(done.stdout)
    assert document.size > 6144
    assert done.exit_code == 1
    assert f"too long for one managed policy ({document.size:,} of 6,144 characters)" in done.stderr


def test_the_size_is_the_same_number_in_policy_and_lint():
    stages = {f"s{number}": {**SETTINGS, "project_name": f"project-{number}"} for number in range(8)}
    Path("zappa_settings.json").write_text(json.dumps(stages))
    done = iam("policy", "--all", "--account", ACCOUNT)
    size = f"{PolicyDocument.parse(done.stdout).size:,}"
    assert f"({size} of 6,144 characters)" in done.stderr
    assert f"the document has {size} characters" in iam("lint", "-", input=done.stdout).stdout


def test_the_size_of_a_stage_is_that_of_what_policy_prints():
    """Of the document as it is provisioned, the user's look at itself included; the file too."""
    write(domain="a.example.com", lets_encrypt_key="key.pem", alb_enabled=True, function_url_enabled=True)
    done = iam("policy", "dev", "--account", ACCOUNT)
    size = re.search(r"\(([\d,]+) of 6,144 characters\)", done.stderr)[1]
    Path("policy.json").write_text(done.stdout)
    for target in ("policy.json", "dev"):
        assert f"the document has {size} characters" in iam("lint", target, "--account", ACCOUNT).stdout
    assert f"{PolicyDocument.parse(done.stdout).size:,}" == size
