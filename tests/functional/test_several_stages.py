"""Two projects of two stages, one user, on a local AWS with IAM enforced: nothing is taken away unnoticed."""

from __future__ import annotations

import json
import os
import stat

import pytest

from tests.support.documents import allow
from tests.support.newcomer import SETTINGS, denied, iam
from tests.support.proxy import Answer, proxy
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.rehearsal.local_aws.emulator_gaps import emulator_gaps_document
from zappa_iam_ext.settings_file import read_stages

pytestmark = [pytest.mark.aws, pytest.mark.longer]
POLICY = "ZappaLambdaDeploymentPolicy"
ADMIN = ("--admin-profile", "admin", "--create-keys")
REVIEWED = DESTROY = ("--admin-profile", "admin", "--yes")


@pytest.fixture
def admin(newcomer):
    newcomer.administrator()
    return newcomer


@pytest.fixture
def two_projects(admin):
    """Settings files of two projects, two stages each; all deploy with one user."""
    for project in ("hello", "shop"):
        stages = {
            stage: {**SETTINGS, "project_name": project, "s3_bucket": f"{project}-{stage}-packages"}
            for stage in ("dev", "prod")
        }
        stages["prod"] |= {"apigateway_enabled": False, "function_url_enabled": True}
        (admin.folder / f"{project}.json").write_text(json.dumps(stages))
    return admin


def of(project, stage):
    return (stage, "-s", f"{project}.json")


ALL = [(project, stage) for project in ("hello", "shop") for stage in ("dev", "prod")]


@pytest.mark.zappa
@pytest.mark.skipif(os.environ.get("ZAPPA_IAM_EXT_STAGES") != "all", reason="minutes: make stages")
def test_each_stage_is_deployed_by_the_real_zappa_after_all_were_provisioned(two_projects):
    for each in ALL:
        assert iam("apply", *of(*each), *ADMIN, "--yes").exit_code == 0
    for project, stage in ALL:
        for read in read_stages(two_projects.folder / f"{project}.json", stage=stage):
            beside = emulator_gaps_document(read.with_account(two_projects.account)).to_json()
            two_projects.aws.client("iam").put_user_policy(
                UserName="serverless", PolicyName=f"LocalAwsDiffers-{project}-{stage}", PolicyDocument=beside
            )
        done = two_projects.zappa("deploy", stage, "-s", f"{project}.json")
        assert denied(done.calls) == [], (project, stage, done.stderr)
        assert done.exit_code == 0, done.stdout + done.stderr
        assert {"CreateFunction"} <= set(done.written)


def policies(newcomer):
    """Return the stages of each policy that grants; a further part must be for the same ones."""
    client = newcomer.aws.client("iam")
    found = {}
    for policy in client.list_policies(Scope="Local")["Policies"]:
        if policy["PolicyName"].endswith("-Boundary"):
            continue
        tags = client.get_policy(PolicyArn=policy["Arn"])["Policy"].get("Tags", [])
        named = {tag["Key"]: tag["Value"] for tag in tags}
        found[policy["PolicyName"]] = named.get("zappa-iam-ext:stages")
    for part in [name for name in found if name.endswith("-2")]:
        assert found.pop(part) == found[part.removesuffix("-2")]
    return found


@pytest.mark.parametrize("order", [ALL, ALL[::-1]], ids=["one way", "the other way round"])
def test_each_stage_may_deploy_after_all_were_provisioned(two_projects, order):
    for place, (project, stage) in enumerate(order):
        done = iam("apply", *of(project, stage), *ADMIN, "--yes")
        assert done.exit_code == 0, done.stderr
        for earlier in order[: place + 1]:
            assert iam("check", *of(*earlier)).exit_code == 0, (earlier, "after", project, stage)
    (first, *others) = order
    expected = {POLICY: "/".join(first)}
    expected |= {f"{POLICY}-{project}-{stage}": f"{project}/{stage}" for project, stage in others}
    assert policies(two_projects) == expected
    for each in order:
        planned = iam("plan", *of(*each), *ADMIN, "--detailed-exitcode")
        assert planned.exit_code == 0, planned.stdout
        assert "No changes" in planned.stdout


def test_all_stages_together_share_one_policy_and_one_of_them_later_takes_nothing(two_projects):
    assert iam("apply", "--all", "-s", "hello.json", *ADMIN, "--yes").exit_code == 0
    assert policies(two_projects) == {POLICY: "hello/dev hello/prod"}
    assert iam("apply", *of("hello", "dev"), *ADMIN, "--yes").exit_code == 0
    assert iam("check", *of("hello", "prod")).exit_code == 0
    assert iam("apply", *of("shop", "dev"), *ADMIN, "--yes").exit_code == 0
    assert iam("check", "--all", "-s", "hello.json").exit_code == 0


def test_a_policy_of_version_0_1_only_grows(two_projects):
    client = two_projects.aws.client("iam")
    two_projects.user("serverless")
    old = allow("dynamodb:*")
    arn = client.create_policy(
        PolicyName=POLICY,
        PolicyDocument=json.dumps(old),
        Tags=[{"Key": "CreatedBy", "Value": "zappa-iam-ext"}],
    )["Policy"]["Arn"]
    client.attach_user_policy(UserName="serverless", PolicyArn=arn)
    for each in ALL[:2]:
        assert iam("apply", *of(*each), *ADMIN, "--yes").exit_code == 0
    assert all(iam("check", *of(*each)).exit_code == 0 for each in ALL[:2])
    assert iam("can-i", "dynamodb:DeleteTable", "*", "--profile", "serverless").exit_code == 0
    assert policies(two_projects) == {POLICY: None}


def test_a_loss_is_shown_and_refused(admin):
    assert iam("apply", "dev", *ADMIN, "--yes").exit_code == 0
    admin.settings(manage_roles=False, role_name="mine")
    planned = iam("plan", "dev", *ADMIN)
    assert planned.exit_code == 1
    assert "refused without --prune" in planned.stdout
    assert "PutRolePolicy" in iam("plan", "dev", *ADMIN, "-v").stdout
    refused = iam("apply", "dev", *ADMIN, "--yes")
    assert refused.exit_code == 1
    assert "--prune" in refused.stderr
    assert iam("apply", "dev", *ADMIN, "--yes", "--prune").exit_code == 0


def test_a_plan_file_is_applied_as_it_was_reviewed(admin):
    planned = iam("plan", "dev", *ADMIN, "--out", "plan.json", "--detailed-exitcode")
    assert planned.exit_code == 2
    file = admin.folder / "plan.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(secret in file.read_text() for secret in admin.secrets())
    done = iam("apply", "plan.json", *REVIEWED)
    assert done.exit_code == 0, done.stderr
    assert iam("check", "dev").exit_code == 0
    again = iam("apply", "plan.json", *REVIEWED)
    assert again.exit_code == 2
    assert "the account changed" in again.stderr


def _change_account(admin, _):
    admin.aws.client("iam").create_user(UserName="serverless")


def _alter(_, file):
    file.write_text(file.read_text().replace("hello-dev", "other-dev"))


def _cut_off(_, file):
    file.write_text(file.read_text()[:-100])


def _other_version(_, file):
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "version": "9.9"}))


def _other_account(admin, _):
    admin.credentials.unlink()
    admin.aws = admin.aws.another_account()
    admin.administrator()


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        pytest.param(_change_account, "the account changed", id="the account changed"),
        pytest.param(_alter, "altered", id="the file was altered"),
        pytest.param(_cut_off, "no plan file", id="the file was cut off"),
        pytest.param(_other_version, "version 9.9", id="another version made it"),
        pytest.param(_other_account, "of another", id="another account"),
    ],
)
def test_a_plan_file_that_no_longer_holds_is_refused(admin, meanwhile, told):
    assert iam("plan", "dev", *ADMIN, "--out", "plan.json").exit_code == 0
    meanwhile(admin, admin.folder / "plan.json")
    refused = iam("apply", "plan.json", *REVIEWED)
    assert refused.exit_code == 2
    assert told in refused.stderr
    assert admin.aws.client("iam").list_policies(Scope="Local")["Policies"] == []


def test_an_administrator_who_may_not_is_told_before_the_first_write(admin):
    reading = allow("iam:Get*", "iam:List*")
    admin.user("half", reading, allow("iam:CreateUser", "iam:TagUser"), inspects=False)
    planned = iam("plan", "dev", "--admin-profile", "half")
    assert "the administrator may not iam:CreatePolicy" in planned.stdout
    refused = iam("apply", "dev", "--admin-profile", "half", "--yes")
    assert refused.exit_code == 2
    assert "may not iam:CreatePolicy" in refused.stderr
    names = [user["UserName"] for user in admin.aws.client("iam").list_users()["Users"]]
    assert "serverless" not in names


def test_the_document_for_administrators_names_every_call_of_apply_and_destroy(admin):
    printed = json.loads(iam("policy", "dev", "--for-admin", "--account", admin.account).stdout)
    admin.user("provisioner", printed, inspects=False)
    asked = set()
    with proxy(admin.aws.endpoint, lambda request: asked.add(request.action)) as url:
        planned = iam("plan", "dev", "--admin-profile", "provisioner", "--endpoint-url", url)
        assert "may not" not in planned.stdout
        more = (*ADMIN, "--group", "deployers", "--endpoint-url", url)
        assert iam("apply", "dev", *more, "--yes").exit_code == 0
        admin.settings(s3_bucket="another-bucket")
        assert iam("apply", "dev", *more, "--yes", "--prune").exit_code == 0
        gone = iam("destroy", "dev", *DESTROY, "--delete-key", "--group", "deployers", "--endpoint-url", url)
        assert gone.exit_code == 0, gone.stderr
    allowed = PolicyDocument.parse(printed)
    named = {action.partition(":")[2] for statement in allowed.statements for action in statement.actions}
    looking_at_itself = {"ListUserPolicies", "GetUserPolicy", "GetCallerIdentity", "ListAccountAliases", ""}
    assert asked - named - looking_at_itself == set()
    assert policies(admin) == {}


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param((), id="a user"),
        pytest.param(("--mode", "role"), id="a role"),
        pytest.param(("--mode", "oidc"), id="a role for a CI system"),
    ],
)
def test_who_holds_just_what_is_printed_for_administrators_can_apply_rotate_and_destroy(admin, mode):
    """The local AWS takes a policy to be made for any policy: of the document only the actions are asked for there."""
    printed = json.loads(iam("policy", "dev", "--for-admin", "--account", admin.account, *mode).stdout)
    anywhere = [statement | {"Resource": "*"} for statement in printed["Statement"]]
    admin.user("provisioner", printed | {"Statement": anywhere}, inspects=False)
    trusted = {
        "role": ("--trusted", f"arn:aws:iam::{admin.account}:user/admin", "--source-profile", "admin"),
        "oidc": ("--provider", "github", "--repository", "acme/shop", "--branch", "main"),
    }.get(mode[-1] if mode else "", ())
    acting = ("--admin-profile", "provisioner", "--yes")
    for bucket in ("bucket-one", "bucket-two"):
        admin.settings(s3_bucket=bucket)
        done = iam("apply", "dev", *acting, *mode, *trusted, "--prune", *(() if mode else ("--create-keys",)))
        assert done.exit_code == 0, done.stderr
    assert iam("apply", "dev", *acting, *mode, *trusted, "--rollback", "--prune").exit_code == 0
    if not mode:
        rotated = iam("keys", "rotate", "dev", *acting)
        assert rotated.exit_code == 0, rotated.stderr
    gone = iam("destroy", "dev", *acting, *mode, "--delete-key", *(trusted[:2] if "oidc" in mode else ()))
    assert gone.exit_code == 0, gone.stderr
    assert policies(admin) == {}


def _without_the_case(request):
    """Answer as AWS does when a name differs by path, or by upper and lower case, only: the local AWS does not."""
    names = {"CreatePolicy": POLICY, "CreateUser": "serverless"}
    if request.action in names and names[request.action] in request.body.decode():
        body = b"<ErrorResponse><Error><Code>EntityAlreadyExists</Code><Message>exists</Message></Error></ErrorResponse>"
        return Answer(409, body)
    return None


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param(POLICY, "/team/", id="under a path"),
        pytest.param(POLICY.lower(), "/", id="in lower case"),
    ],
)
def test_a_policy_that_aws_takes_for_the_same_is_found(admin, name, path):
    client = admin.aws.client("iam")
    client.create_policy(PolicyName=name, Path=path, PolicyDocument=json.dumps(allow("s3:*")))
    admin.user("serverless")
    with proxy(admin.aws.endpoint, _without_the_case) as url:
        refused = iam("apply", "dev", *ADMIN, "--yes", "--endpoint-url", url)
        assert refused.exit_code == 2
        assert f"policy{path}{name}" in refused.stdout.replace("\n", "")
        assert iam("apply", "dev", *ADMIN, "--yes", "--adopt", "--endpoint-url", url).exit_code == 0
    assert iam("check", "dev").exit_code == 0
    assert set(policies(admin)) == {name}


def test_a_user_whose_name_differs_by_case_is_the_same_user(admin):
    client = admin.aws.client("iam")
    client.create_user(UserName="Serverless")
    taken = "Action=CreateUser"
    with proxy(
        admin.aws.endpoint,
        lambda request: _without_the_case(request) if taken in request.body.decode() else None,
    ) as url:
        done = iam("apply", "dev", *ADMIN, "--yes", "--endpoint-url", url)
    assert done.exit_code == 0, done.stderr
    assert [user["UserName"] for user in client.list_users()["Users"]].count("serverless") == 0
    assert iam("check", "dev").exit_code == 0


def test_a_name_that_is_taken_and_may_not_be_seen_is_told(admin):
    client = admin.aws.client("iam")
    client.create_policy(PolicyName=POLICY, Path="/team/", PolicyDocument=json.dumps(allow("s3:*")))
    admin.user("serverless")

    def blind(request):
        if request.action == "ListPolicies":
            return Answer(
                403,
                b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
            )
        return _without_the_case(request)

    with proxy(admin.aws.endpoint, blind) as url:
        refused = iam("apply", "dev", *ADMIN, "--yes", "--endpoint-url", url)
    assert refused.exit_code == 2
    assert "iam:ListPolicies" in refused.stderr


def test_ten_policies_leave_room_in_a_group(admin):
    client = admin.aws.client("iam")
    admin.user("serverless")
    for number in range(10):
        arn = client.create_policy(
            PolicyName=f"p{number}", PolicyDocument=json.dumps(allow("sqs:ListQueues"))
        )
        client.attach_user_policy(UserName="serverless", PolicyArn=arn["Policy"]["Arn"])
    refused = iam("apply", "dev", *ADMIN, "--yes")
    assert refused.exit_code == 2
    assert "--group" in refused.stderr
    assert iam("apply", "dev", *ADMIN, "--yes", "--group", "deployers").exit_code == 0
    assert iam("check", "dev").exit_code == 0
    again = iam("plan", "dev", *ADMIN, "--group", "deployers", "--detailed-exitcode")
    assert again.exit_code == 0, again.stdout


def test_a_plan_fits_the_screen(two_projects):
    client = two_projects.aws.client("iam")
    client.create_policy(PolicyName=POLICY, PolicyDocument=json.dumps(allow("s3:*")))
    for arguments in (of("hello", "dev"), ("--all", "-s", "hello.json"), (*of("shop", "prod"), "--adopt")):
        lines = iam("plan", *arguments, *ADMIN).stdout.splitlines()
        assert len(lines) <= 25
        assert max(map(len, lines)) <= 80
    verbose = iam("plan", *of("hello", "dev"), *ADMIN, "-v").stdout.splitlines()
    assert len(verbose) > 25


def test_documents_are_a_diff_against_what_is_in_place(admin):
    assert iam("apply", "dev", *ADMIN, "--yes").exit_code == 0
    admin.settings(s3_bucket="another-bucket")
    shown = iam("plan", "dev", *ADMIN, "--documents").stdout
    assert f"--- {POLICY} (in place)" in shown
    assert any(line.startswith("+") and "another-bucket" in line for line in shown.splitlines())


def test_the_plan_of_a_stage_named_as_a_folder_is_of_the_stage(admin):
    (admin.folder / "dev").mkdir()
    assert iam("plan", "dev", *ADMIN).exit_code == 0
    missing = iam("apply", "plans/none.json", *REVIEWED)
    assert missing.exit_code == 2
    assert "there is no plan file" in missing.stderr


def users(newcomer):
    return {user["UserName"] for user in newcomer.aws.client("iam").list_users()["Users"]}


def test_destroy_removes_what_is_ours_for_the_stage_and_leaves_the_others(two_projects):
    for each in ALL:
        assert iam("apply", *of(*each), *ADMIN, "--yes").exit_code == 0
    before = policies(two_projects)
    gone = iam("destroy", *of("hello", "prod"), *DESTROY)
    assert gone.exit_code == 0, gone.stderr
    assert policies(two_projects) == {
        name: stages for name, stages in before.items() if stages != "hello/prod"
    }
    for each in ALL:
        assert iam("check", *of(*each)).exit_code == (1 if each == ("hello", "prod") else 0)
    assert "serverless" in users(two_projects)
    for each in [each for each in ALL if each != ("hello", "prod")][:-1]:
        assert iam("destroy", *of(*each), *DESTROY).exit_code == 0
    last = iam("destroy", *of(*ALL[-1]), *DESTROY)
    assert last.exit_code == 0
    assert "stays: the user serverless: it has access keys" in " ".join(last.stdout.split())
    assert policies(two_projects) == {}


def test_destroy_of_everything_leaves_nothing_of_ours_and_a_second_time_nothing_to_do(admin):
    assert iam("apply", "dev", *ADMIN, "--yes").exit_code == 0
    done = iam("destroy", "dev", *DESTROY, "--delete-key")
    assert done.exit_code == 0, done.stderr
    assert users(admin) == {"admin"}
    assert policies(admin) == {}
    again = iam("destroy", "dev", *DESTROY)
    assert again.exit_code == 0
    assert "No changes" in again.stdout


def test_destroy_leaves_what_is_not_ours_and_what_others_hold(two_projects):
    client = two_projects.aws.client("iam")
    assert iam("apply", "--all", "-s", "hello.json", *ADMIN, "--yes").exit_code == 0
    stays = iam("destroy", *of("hello", "dev"), *DESTROY, "-v")
    assert stays.exit_code == 0, stays.stderr
    assert "hello/prod hold it too" in stays.stdout
    assert "No changes" in iam("destroy", *of("hello", "dev"), *DESTROY).stdout
    assert policies(two_projects) == {POLICY: "hello/prod"}
    assert iam("check", *of("hello", "prod")).exit_code == 0
    arn = f"arn:aws:iam::{two_projects.account}:policy/{POLICY}"
    client.create_user(UserName="another")
    client.attach_user_policy(UserName="another", PolicyArn=arn)
    held = iam("destroy", *of("hello", "prod"), *DESTROY, "-v")
    assert "the user another holds it too" in held.stdout
    assert "To remove" not in held.stdout, "who was given it by hand was not made by us"
    assert set(policies(two_projects)) == {POLICY}


def test_destroy_asks_and_without_a_terminal_removes_nothing(admin):
    assert iam("apply", "dev", *ADMIN, "--yes").exit_code == 0
    refused = iam("destroy", "dev", "--admin-profile", "admin", input="y\n")
    assert refused.exit_code == 2
    assert refused.stderr.rstrip().endswith("zappa-iam destroy dev --admin-profile admin --yes")
    assert set(policies(admin)) == {POLICY}


@pytest.mark.parametrize("together", [True, False], ids=["at once", "one after the other"])
def test_the_boundary_of_a_role_that_two_stages_share_limits_neither(newcomer, together):
    newcomer.administrator()
    extra = {"dev": "sqs:SendMessage", "prod": "dynamodb:GetItem"}
    told = {
        stage: {
            **SETTINGS,
            "role_name": "both",
            "extra_permissions": [{"Effect": "Allow", "Action": [action], "Resource": "*"}],
        }
        for stage, action in extra.items()
    }
    (newcomer.folder / "zappa_settings.json").write_text(json.dumps(told))
    for stages in [["--all"]] if together else [["dev"], ["prod"]]:
        assert iam("apply", *stages, *REVIEWED).exit_code == 0
    client, arn = newcomer.aws.client("iam"), f"arn:aws:iam::{newcomer.account}:policy/both-Boundary"
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    limit = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert {action for action in extra.values() if action in json.dumps(limit)} == set(extra.values())
    for stage in extra:
        assert "No changes" in iam("apply", stage, *REVIEWED).stdout
