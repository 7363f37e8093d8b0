"""``zappa-iam diff``: two versions of Zappa, two settings files, and what is needed against what is allowed."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from zappa import __version__

from tests.support.documents import allow, document
from tests.support.newcomer import ADMINISTRATOR, iam
from zappa_iam_ext.cli import main
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.difference import difference, known_version
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import ExecutionRole, Stage
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS, parse_version
from zappa_iam_ext.rehearsal.local_aws.server import local_aws

ACCOUNT = "123456789012"
SETTINGS = {
    "app_function": "app.app",
    "project_name": "hello",
    "aws_region": "us-east-1",
    "runtime": "python3.12",
}
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello-dev"
#: A release that there is not yet.
AFTER = f"0.{parse_version(ZAPPA_VERSIONS[-1])[1] + 1}.0"


def diff(*arguments: str):
    """Run it, told in full unless another format is asked for, or the short text."""
    verbose = () if {"--json", "--format", "--short"} & set(arguments) else ("-v",)
    given = [each for each in arguments if each != "--short"]
    done = CliRunner().invoke(main, ["diff", *given, *verbose])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def write(file: Path, **more) -> Path:
    file.write_text(json.dumps({"dev": {**SETTINGS, **more}}))
    return file


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A settings file in the working folder."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "zappa_settings.json")
    return tmp_path


def stage(version: str, **settings) -> Stage:
    return Stage(
        "dev",
        "hello",
        "hello-dev",
        settings,
        "us-east-1",
        version,
        ExecutionRole("hello-dev-ZappaLambdaExecutionRole"),
        account_id=ACCOUNT,
        websocket=bool(settings.get("websocket")),
    )


def actions(items) -> list[str]:
    return sorted({item.action for item in items})


URL = ["lambda:DeleteFunctionUrlConfig", "lambda:ListFunctionUrlConfigs"]
PRUNED = ["lambda:DeleteFunction"]
PUBLISHED = [
    "lambda:CreateAlias",
    "lambda:GetFunctionConfiguration",
    "lambda:PublishVersion",
]
PROVISIONED = [
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:PutProvisionedConcurrencyConfig",
]
SUBSCRIPTION = ["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes"]
MAKE_URL = [
    "lambda:AddPermission",
    "lambda:CreateFunctionUrlConfig",
    "lambda:ListFunctionUrlConfigs",
    "lambda:UpdateFunctionUrlConfig",
]


@pytest.mark.parametrize(
    ("settings", "before", "after", "more"),
    [
        pytest.param({}, "0.60.0", "0.61.0", URL, id="0.61 looks for function URLs on update"),
        pytest.param({}, "0.60.0", "0.60.2", [], id="a patch release needs nothing"),
        pytest.param({}, "0.61.0", "0.62.1", [], id="nothing in between, by default"),
        pytest.param({}, "0.62.1", "0.63.0", PRUNED, id="0.63 keeps five versions by default"),
        pytest.param({}, "0.60.0", "0.63.0", [*PRUNED, *URL], id="all of it, by default"),
        pytest.param(
            {"function_url_enabled": True}, "0.60.2", "0.61.0", MAKE_URL, id="0.61 makes function URLs"
        ),
        pytest.param(
            {"async_source": "sns"}, "0.62.1", "0.63.0", [*PRUNED, *SUBSCRIPTION], id="0.63 filters by SNS"
        ),
        pytest.param(
            {"snap_start": "PublishedVersions"},
            "0.62.1",
            "0.63.0",
            sorted([*PRUNED, *PUBLISHED]),
            id="0.63 publishes for SnapStart",
        ),
        pytest.param(
            {"provisioned_concurrency": 2},
            "0.62.1",
            "0.63.0",
            sorted([*PRUNED, *PUBLISHED, *PROVISIONED]),
            id="0.63 provisions concurrency",
        ),
        pytest.param(
            {"provisioned_concurrency": 2},
            "0.60.0",
            "0.63.0",
            sorted([*PRUNED, *PUBLISHED, *PROVISIONED, *URL]),
            id="all of it since 0.60",
        ),
    ],
)
def test_what_zappa_needs_more_from_version_to_version(settings, before: str, after: str, more) -> None:
    """Held against the real releases by the drift test; here: the difference that a user is told."""
    change = difference(requirements(stage(before, **settings)), requirements(stage(after, **settings)))
    assert actions(change.added) == more
    assert change.removed == ()
    back = difference(requirements(stage(after, **settings)), requirements(stage(before, **settings)))
    assert (back.added, back.removed) == (change.removed, change.added)


@pytest.mark.usefixtures("project")
def test_0_61_needs_2_more() -> None:
    result = diff("dev", "--from-zappa", "0.60.0", "--to-zappa", "0.61.0", "--account", ACCOUNT)
    assert result.exit_code == 1
    assert result.stdout == (
        "Zappa 0.61.0 needs 2 more than Zappa 0.60.0 (stage dev):\n"
        "  + lambda:ListFunctionUrlConfigs\n"
        f"      on {FUNCTION}\n"
        "      update: Zappa looks for a function URL that the settings no longer have (setting function_url_enabled)\n"
        "  + lambda:DeleteFunctionUrlConfig\n"
        f"      on {FUNCTION}\n"
        "      update: Zappa deletes a function URL that the settings no longer have (setting function_url_enabled)"
        "; needed only if something is left over from former settings\n"
    )


@pytest.mark.usefixtures("project")
def test_going_back_needs_less_and_ends_with_0() -> None:
    result = diff("dev", "--from-zappa", "0.63", "--to-zappa", "0.60")
    assert result.exit_code == 0
    assert result.stdout.startswith("Zappa 0.60 needs 3 less than Zappa 0.63 (stage dev):\n  - lambda:")


@pytest.mark.usefixtures("project")
def test_a_command_narrows_it_down() -> None:
    result = diff("dev", "--from-zappa", "0.60.0", "--to-zappa", "0.63.0", "--command", "deploy")
    assert result.exit_code == 0
    assert result.stdout == "Zappa 0.63.0 needs the same as Zappa 0.60.0 (stage dev).\n"


@pytest.mark.usefixtures("project")
def test_json_of_two_versions() -> None:
    told = json.loads(
        diff("dev", "--from-zappa", "0.60.0", "--to-zappa", "0.61.0", "--account", ACCOUNT, "--json").stdout
    )
    assert (told["schema_version"], told["stage"]) == (1, "dev")
    assert (told["before"], told["after"]) == ("Zappa 0.60.0", "Zappa 0.61.0")
    assert [item["action"] for item in told["added"]] == URL[::-1], (
        "what is needed in some states only comes last"
    )
    assert told["added"][0]["resource"] == FUNCTION
    assert told["added"][0]["command"] == "update"
    assert told["added"][0]["setting"] == "function_url_enabled"
    assert told["removed"] == []


@pytest.mark.parametrize(
    "version", ["999", "abc", "0.59.0", AFTER, "1", " ", "0.63.x", "-1", "0.63.0.1.2", "0.61.77"]
)
@pytest.mark.usefixtures("project")
def test_a_version_that_is_not_known_ends_with_2(version: str) -> None:
    result = diff("dev", "--from-zappa", version)
    assert result.exit_code == 2
    assert "is no version of Zappa that is known here" in result.stderr
    assert f"Known are {ZAPPA_VERSIONS[0]} to {ZAPPA_VERSIONS[-1]}" in result.stderr


@pytest.mark.parametrize(
    ("text", "same_as"),
    [("0.62", "0.62.1"), ("0.60", "0.60.2"), ("v0.61.4", "0.61.4"), ("0.63", "0.63.0"), ("0.63.0", "0.63.0")],
)
def test_a_version_without_its_last_part_is_the_newest_such(text: str, same_as: str) -> None:
    settings = {"provisioned_concurrency": 2, "snap_start": "PublishedVersions"}
    meant = stage(known_version(text, ZAPPA_VERSIONS[-1]), **settings)
    assert requirements(meant) == tuple(requirements(replace(meant, zappa_version=same_as)))


def test_a_newer_installed_zappa_is_known() -> None:
    assert known_version(AFTER, AFTER) == AFTER
    with pytest.raises(SettingsError):
        known_version(AFTER, ZAPPA_VERSIONS[-1])


def test_two_settings_files(project) -> None:
    write(project / "before.json")
    write(
        project / "zappa_settings.json",
        vpc_config={"SubnetIds": ["s"], "SecurityGroupIds": ["g"]},
        keep_warm=False,
    )
    result = diff("dev", "--from-settings", "before.json", "--account", ACCOUNT)
    assert result.exit_code == 1
    head, *lines = result.stdout.splitlines()
    assert head.startswith("the settings here need ")
    assert head.endswith(" than before.json (stage dev):")
    assert "  + ec2:DescribeSubnets" in lines
    assert any(line.startswith("  - events:PutRule") for line in lines)


def test_two_settings_files_that_need_the_same(project) -> None:
    write(project / "other.json", memory_size=2048)
    result = diff("dev", "--from-settings", "other.json", "-s", "zappa_settings.json")
    assert (result.exit_code, result.stdout) == (
        0,
        "zappa_settings.json needs the same as other.json (stage dev).\n",
    )


def test_a_stage_that_the_other_file_lacks(project) -> None:
    (project / "other.json").write_text(json.dumps({"prod": SETTINGS}))
    result = diff("dev", "--from-settings", "other.json")
    assert result.exit_code == 2
    assert "has no stage 'dev'" in result.stderr


def test_every_stage_is_compared(project) -> None:
    stages = {"dev": SETTINGS, "prod": {**SETTINGS, "function_url_enabled": True}}
    (project / "zappa_settings.json").write_text(json.dumps(stages))
    text = diff("--all", "--from-zappa", "0.60.0", "--to-zappa", "0.63.0").stdout
    assert "(stage dev):" in text
    assert "(stage prod):" in text
    told = json.loads(
        diff("--all", "--from-zappa", "0.60.0", "--to-zappa", "0.63.0", "--format", "json").stdout
    )
    assert [item["stage"] for item in told["differences"]] == ["dev", "prod"]


def policy(*commands: str) -> dict:
    arguments = ["policy", "dev", "--account", ACCOUNT]
    for command in commands:
        arguments += ["--command", command]
    return json.loads(CliRunner().invoke(main, arguments).stdout)


def test_our_own_policy_lacks_nothing_and_allows_nothing_more(project) -> None:
    (project / "policy.json").write_text(json.dumps(policy()))
    result = diff("dev", "--policy", "policy.json")
    assert (result.exit_code, result.stdout) == (
        0,
        f"Zappa {__version__} needs nothing that policy.json does not allow (stage dev).\n",
    )


def test_a_policy_that_lacks_some_and_allows_more(project) -> None:
    document = policy()
    for statement in document["Statement"]:
        if isinstance(statement["Action"], list):
            statement["Action"] = [name for name in statement["Action"] if name != "lambda:GetAlias"]
    document["Statement"].append(
        {"Sid": "More", "Effect": "Allow", "Action": ["ec2:*", "sqs:SendMessage"], "Resource": "*"}
    )
    document["Statement"].append(
        {"Sid": "Elsewhere", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION + "x"}
    )
    (project / "policy.json").write_text(json.dumps(document))
    result = diff("dev", "--policy", "policy.json")
    assert result.exit_code == 1
    assert "needs 1 more than policy.json allows (stage dev):" in result.stdout
    assert f"  + lambda:GetAlias\n      on {FUNCTION}\n" in result.stdout
    assert "policy.json allows what dev does not need:" in result.stdout
    place = len(document["Statement"])
    assert (
        f"  policy.json:1: statement {place - 1} (More)\n"
        "    ec2:*, sqs:SendMessage\n"
        "        on *: never needed\n"
        f"  policy.json:1: statement {place} (Elsewhere)\n"
        "    lambda:InvokeFunction\n"
        f"        on {FUNCTION}x: not needed there, only on {FUNCTION}\n"
    ) in result.stdout
    told = json.loads(diff("dev", "--policy", "policy.json", "--json").stdout)
    assert [item["action"] for item in told["added"]] == ["lambda:GetAlias"]
    assert {
        "action": "ec2:*",
        "resource": "*",
        "reason": "never needed",
        "needed": [],
        "sid": "More",
        "statement": place - 2,
        "source": "policy.json",
        "line": 1,
    } in told["surplus"]


def test_surplus_is_told_with_the_line_of_its_statement(project) -> None:
    """A policy without Sid and Version, as people write them: needed actions, on other resources."""
    statements = [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::zappa-other"},
        {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::packages"]},
        {"Effect": "Allow", "Action": "lambda:GetPolicy", "Resource": "*"},
    ]
    write(project / "zappa_settings.json", s3_bucket="packages")
    (project / "policy.json").write_text(json.dumps({"Statement": statements}, indent=2))
    told = json.loads(diff("dev", "--policy", "policy.json", "--json").stdout)
    assert [(item["action"], item["resource"], item["line"]) for item in told["surplus"]] == [
        ("s3:ListBucket", "arn:aws:s3:::zappa-other", 3),
        ("s3:*", "arn:aws:s3:::packages", 8),
        ("lambda:GetPolicy", "*", 17),
    ]
    assert [item["reason"] for item in told["surplus"]] == [
        "needed on other resources",
        "wildcard",
        "wider resource",
    ]
    assert "s3:ListBucket" in told["surplus"][1]["needed"]
    text = diff("dev", "--policy", "policy.json").stdout
    assert "  policy.json:17: statement 3\n    lambda:GetPolicy\n        on *: wider than needed:" in text


def test_what_another_stage_needs_is_no_surplus_with_all(project) -> None:
    stages = {"dev": SETTINGS, "prod": {**SETTINGS, "vpc_config": {"SubnetIds": ["s"]}}}
    (project / "zappa_settings.json").write_text(json.dumps(stages))
    whole = CliRunner().invoke(main, ["policy", "--all", "--account", ACCOUNT]).stdout
    (project / "policy.json").write_text(whole)
    result = diff("--all", "--policy", "policy.json")
    assert result.exit_code == 0
    assert "allows what" not in result.stdout
    alone = diff("dev", "--policy", "policy.json").stdout
    assert "policy.json allows what dev does not need:" in alone
    assert "ec2:DescribeSubnets" in alone


def test_what_cannot_be_decided_ends_with_3(project) -> None:
    document = policy()
    document["Statement"].append(
        {
            "Effect": "Deny",
            "Action": "lambda:GetAlias",
            "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        }
    )
    (project / "policy.json").write_text(json.dumps(document))
    result = diff("dev", "--policy", "policy.json")
    assert result.exit_code == 3
    head, *_ = result.stdout.splitlines()
    assert (
        head
        == f"policy.json may allow what Zappa {__version__} needs, but 1 could not be decided (stage dev)."
    )
    advice = result.stdout.split("`")[1]
    assert advice == "zappa-iam check dev --policy policy.json"
    told = CliRunner().invoke(main, advice.split()[1:])
    assert "could not be decided" in told.stdout
    assert re.search(r"^  lambda  GetAlias", told.stdout, re.MULTILINE)
    assert "it depends on aws:SourceIp" in told.stdout


def judged(told, verdict: str) -> list[dict]:
    return [each for each in json.loads(told.stdout)["results"] if each["verdict"] == verdict]


def test_the_advice_asks_the_same_of_check(project) -> None:
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    only = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    (project / "my policy.json").write_text(json.dumps({"Statement": {**allow, "Condition": only}}))
    more = ["--account", ACCOUNT, "--region", "eu-west-1", "--command", "undeploy --remove-logs"]
    result = diff("dev", "-s", "zappa_settings.json", "--policy", "my policy.json", *more)
    advice = shlex.split(result.stdout.split("`")[1])
    told = CliRunner().invoke(main, [*advice[1:], "--json"])
    undecided = judged(told, "unknown")
    regions = {each["resource"].split(":")[3] for each in undecided if each["resource"] != "*"}
    assert regions >= {"eu-west-1"}
    assert "us-east-1" not in regions
    assert len(undecided) == int(re.search(r"but (\d+) could not", result.stdout)[1])


@pytest.mark.parametrize(
    ("number", "account"), [(1, "999999999999"), (2, ACCOUNT)], ids=["the only account", "two accounts"]
)
def test_the_account_that_documents_name_is_that_of_check_and_diff(project, number, account) -> None:
    arns = [f"arn:aws:lambda:us-east-1:{each}:*" for each in ("999999999999", "888888888888")]
    document = {"Statement": {"Effect": "Allow", "Action": "lambda:*", "Resource": arns[:number]}}
    (project / "policy.json").write_text(json.dumps(document))
    lacking = {
        each["resource"]
        for each in json.loads(diff("dev", "--policy", "policy.json", "--json").stdout)["added"]
    }
    told = CliRunner().invoke(main, ["check", "dev", "--policy", "policy.json", "--json"])
    assert {each["resource"] for each in judged(told, "denied")} == lacking
    functions = {arn for arn in lacking if ":function:" in arn}
    assert functions == set() if number == 1 else all(f":{account}:" in arn for arn in functions)


def test_a_list_of_documents_is_one_policy_each(project) -> None:
    """What `policy --split` prints is taken by `check` and `diff`; surplus has the line of its statement."""
    document = policy()
    more = {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}
    both = [
        {**document, "Statement": document["Statement"][:3]},
        {**document, "Statement": [*document["Statement"][3:], more]},
    ]
    (project / "both.json").write_bytes(json.dumps(both, indent=1).replace("\n", "\r\n").encode())
    result = diff("dev", "--policy", "both.json", "--account", ACCOUNT, "--json")
    (surplus,) = json.loads(result.stdout)["surplus"]
    assert (result.exit_code, surplus["action"], surplus["source"]) == (0, "ec2:RunInstances", "both.json")
    line = (project / "both.json").read_text().splitlines()[surplus["line"] - 1 : surplus["line"] + 2]
    assert [each.strip() for each in line] == ["{", '"Effect": "Allow",', '"Action": "ec2:RunInstances",']
    told = CliRunner().invoke(main, ["check", "dev", "--policy", "both.json", "--account", ACCOUNT])
    assert told.exit_code == 0
    asked = ["can-i", "lambda:CreateFunction", FUNCTION, "--policy", "both.json"]
    assert CliRunner().invoke(main, asked).exit_code == 0


def test_a_placeholder_is_filled_in_with_the_account_that_is_asked_for(project) -> None:
    text = json.dumps(policy()).replace(ACCOUNT, "<ACCOUNT_ID>")
    (project / "policy.json").write_text(text)
    assert diff("dev", "--policy", "policy.json", "--account", "999988887777").exit_code == 0
    assert diff("dev", "--policy", "policy.json").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], "nothing to compare with", id="nothing"),
        pytest.param(["--policy", "none.json"], "cannot be read", id="no such policy"),
        pytest.param(["--from-settings", "none.json"], "there is no settings file", id="no such settings"),
        pytest.param(
            ["--policy", "x", "--from-zappa", "0.60.0"], "policies are compared", id="a policy and a version"
        ),
        pytest.param(
            ["--policy", "x", "--profile-policy"], "policies are compared", id="two kinds of policies"
        ),
        pytest.param(["--from-zappa", "0.60.0", "--command", "fly"], "no such command", id="no such command"),
    ],
)
@pytest.mark.usefixtures("project")
@pytest.mark.usefixtures("project")
def test_what_cannot_be_compared_ends_with_2(arguments, words: str) -> None:
    result = diff("dev", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.usefixtures("project")
def test_an_empty_list_of_commands_is_the_whole_life() -> None:
    whole = requirements(stage("0.63.0"))
    deploy = requirements(stage("0.63.0"), (parse_command("deploy"),))
    assert len(difference(deploy, whole).added) == len(whole) - len(deploy)


@pytest.mark.aws
@pytest.mark.slow
def test_what_the_profiles_user_holds(project, monkeypatch) -> None:
    with local_aws() as aws:
        iam = aws.client("iam")
        iam.create_user(UserName="serverless")
        document = json.dumps(policy("deploy")).replace(ACCOUNT, aws.account)
        iam.put_user_policy(UserName="serverless", PolicyName="deploy", PolicyDocument=document)
        iam.put_user_policy(
            UserName="serverless",
            PolicyName="look",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
                }
            ),
        )
        key = iam.create_access_key(UserName="serverless")["AccessKey"]
        (project / "credentials").write_text(
            f"[serverless]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        )
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(project / "credentials"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "none"))
        arguments = ("dev", "--profile-policy", "--profile", "serverless", "--endpoint-url", aws.endpoint)
        result = diff(*arguments)
        assert result.exit_code == 1
        assert f"than arn:aws:iam::{aws.account}:user/serverless allows (stage dev):" in result.stdout
        assert "  + lambda:UpdateFunctionCode" in result.stdout
        assert diff(*arguments, "--command", "deploy").exit_code == 0


MODES = {
    "a user by the boundary of the role that apply made": [],
    "a user without any boundary": ["--no-boundary"],
    "a role that the profile assumes": ["--mode", "role", "--source-profile", "admin"],
}
LOOKING = allow("sts:GetCallerIdentity", "iam:Get*", "iam:List*")
BY_HAND = {
    "everything": (ADMINISTRATOR, 0),
    "nothing but to look": (LOOKING, 1),
    "role writes within a boundary, and no role is there yet": (
        document(
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            *LOOKING["Statement"],
            *allow("iam:PassRole")["Statement"],
            *allow(
                "iam:*Role*",
                Condition={"ArnLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/b"}},
            )["Statement"],
        ),
        1,
    ),
    "what only the address of whoever asks decides": (
        allow("*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        3,
    ),
}


def checked_and_compared(newcomer) -> tuple[int, int]:
    """Return how `check` and `diff --profile-policy` end."""
    at = ("--endpoint-url", newcomer.aws.endpoint)
    asked, compared = iam("check", "dev", *at), iam("diff", "dev", "--profile-policy", *at, "--json")
    found = json.loads(compared.stdout)
    assert (compared.exit_code == 1) is bool(found["added"]), compared.stdout
    return asked.exit_code, compared.exit_code


def one_at_each_push(cases, name):
    """Return the names of the cases; all but one are too long for every push."""
    return [pytest.param(case, marks=[] if case == name else [pytest.mark.longer]) for case in cases]


@pytest.mark.aws
@pytest.mark.parametrize(
    "mode", one_at_each_push(MODES, "a user by the boundary of the role that apply made")
)
def test_diff_finds_nothing_more_where_apply_has_provisioned(newcomer, monkeypatch, mode) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", newcomer.aws.endpoint)
    newcomer.administrator()
    options = MODES[mode]
    if "role" in options:
        options = [*options, "--trusted", f"arn:aws:iam::{newcomer.account}:user/admin"]
    else:
        options = [*options, "--create-keys"]
    done = iam("apply", "dev", "--admin-profile", "admin", "--yes", *options)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert checked_and_compared(newcomer) == (0, 0)


@pytest.mark.aws
@pytest.mark.parametrize("held", one_at_each_push(BY_HAND, "what only the address of whoever asks decides"))
def test_diff_ends_as_check_does(newcomer, held) -> None:
    document, code = BY_HAND[held]
    newcomer.user("serverless", document, inspects=held != "what only the address of whoever asks decides")
    assert checked_and_compared(newcomer) == (code, code)


def test_the_short_text_folds_what_is_needed_and_what_is_more(project) -> None:
    document = policy()
    for statement in document["Statement"]:
        if isinstance(statement["Action"], list):
            statement["Action"] = [name for name in statement["Action"] if not name.startswith("lambda:Get")]
    document["Statement"].append(
        {"Sid": "More", "Effect": "Allow", "Action": ["ec2:*", "sqs:SendMessage"], "Resource": "*"}
    )
    (project / "policy.json").write_text(json.dumps(document))
    text = diff("dev", "--policy", "policy.json", "--short").stdout
    assert [" ".join(line.split()) for line in text.splitlines()[2:]] == [
        "Needed and not allowed (5):",
        "lambda GetAlias, GetFunction +2 function:hello-dev",
        "lambda GetFunction function:hello-dev:*",
        "Needed and not allowed at times (1):",
        "lambda GetPolicy function:hello-dev:*",
        f"More than needed (2), policy.json:1: statement {len(document['Statement'])} (More):",
        "ec2 * *",
        "never needed",
        "sqs SendMessage *",
        "never needed",
    ]


def test_the_short_text_has_at_most_25_lines_of_80_columns(project) -> None:
    (project / "policy.json").write_text(
        json.dumps({"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}})
    )
    text = diff("dev", "--policy", "policy.json", "--short").stdout
    assert "needs 104 more" in text
    assert len(text.splitlines()) <= 25
    assert max(map(len, text.splitlines())) <= 80
