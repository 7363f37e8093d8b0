"""``zappa-iam plan`` and ``apply`` on a local AWS with IAM enforced, as a newcomer runs them."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import stat
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.documents import allow
from tests.support.newcomer import Newcomer, Ran, iam
from tests.support.proxy import Answer, proxy
from zappa_iam_ext import MissingPermissions, check_deploy_permissions, ensure_deploy_permissions
from zappa_iam_ext.aws.asking import retrying
from zappa_iam_ext.iam.synthesis import MANAGED_POLICY_LIMIT
from zappa_iam_ext.plan.documents import size

pytestmark = pytest.mark.aws
POLICY = "ZappaLambdaDeploymentPolicy"
OTHERS = "# kept as it is\n[work]  ; mine\naws_access_key_id=AKIAWORK\n  aws_secret_access_key  =  x/y+z\n\n"
APPLY = ("apply", "dev", "--admin-profile", "admin", "--create-keys", "--yes")


def state(newcomer: Newcomer) -> Mapping[str, Any]:
    """Return all that IAM knows of the account, without dates of last use."""
    details = newcomer.aws.client("iam").get_account_authorization_details()
    return json.loads(
        json.dumps({k: v for k, v in details.items() if k.endswith(("List", "Policies"))}, default=str)
    )


def keys(newcomer: Newcomer, user: str = "serverless") -> list[str]:
    client = newcomer.aws.client("iam")
    try:
        return [item["AccessKeyId"] for item in client.list_access_keys(UserName=user)["AccessKeyMetadata"]]
    except client.exceptions.NoSuchEntityException:
        return []


@pytest.fixture
def admin(newcomer: Newcomer) -> Newcomer:
    """A newcomer with other profiles in the credentials file, and an administrator's."""
    newcomer.credentials.parent.mkdir()
    newcomer.credentials.write_text(OTHERS)
    newcomer.administrator()
    return newcomer


def test_from_nothing_to_a_profile_that_may_deploy_and_can_check_itself(admin):
    before = admin.credentials.read_bytes()
    first = iam("check", "dev")
    assert first.exit_code == 2
    assert "there is no profile 'serverless'" in first.stderr
    assert "zappa-iam apply STAGE --admin-profile" in first.stderr
    done = iam(*APPLY)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.count("\n  + ") == 8
    told = admin.credentials.read_bytes()
    assert told.startswith(before), "other profiles and comments are not touched"
    assert b"[serverless]" in told[len(before) :]
    assert stat.S_IMODE(admin.credentials.stat().st_mode) == 0o600
    client = admin.aws.client("iam")
    attached = client.list_attached_user_policies(UserName="serverless")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == [POLICY]
    assert len(keys(admin)) == 1
    assert not any(secret in done.stdout + done.stderr for secret in admin.secrets())
    checked = iam("check", "dev")
    assert checked.exit_code == 0, checked.stdout
    assert "holds all" in checked.stdout


def test_a_second_apply_changes_nothing(admin):
    assert iam(*APPLY).exit_code == 0
    before = state(admin), admin.credentials.read_bytes(), keys(admin)
    asked = []
    with proxy(admin.aws.endpoint, lambda request: asked.append(request.action)) as url:
        again = iam(*APPLY, "--endpoint-url", url)
    assert again.exit_code == 0
    assert "No changes: nothing to do." in again.stdout
    assert (state(admin), admin.credentials.read_bytes(), keys(admin)) == before
    assert asked
    assert [action for action in asked if not action.startswith(("Get", "List"))] == []


def test_plan_changes_nothing_and_says_what_apply_would(admin):
    before = state(admin), admin.credentials.read_bytes()
    text = iam("plan", "dev", "--admin-profile", "admin", "--create-keys")
    planned = iam("plan", "dev", "--admin-profile", "admin", "--create-keys", "--json")
    assert (text.exit_code, planned.exit_code) == (0, 0)
    assert (state(admin), admin.credentials.read_bytes()) == before
    (entry,) = json.loads(planned.stdout)["plans"]
    assert (entry["user"], entry["profile"], entry["account"]) == ("serverless", "serverless", admin.account)
    shown = [line.removeprefix("  + ") for line in text.stdout.splitlines() if line.startswith("  + ")]
    assert len(shown) == len(entry["changes"]) == 8
    applied = iam(*APPLY)
    assert [
        line.removeprefix("  + ") for line in applied.stdout.splitlines() if line.startswith("  + ")
    ] == shown


def test_apply_asks_first_and_no_means_no(admin, monkeypatch):
    before = state(admin), admin.credentials.read_bytes()
    monkeypatch.setattr("zappa_iam_ext.cli.shared.provisioning.on_terminal", lambda: True)
    refused = iam("apply", "dev", "--admin-profile", "admin", "--create-keys", input="n\n")
    assert refused.exit_code == 2
    assert (state(admin), admin.credentials.read_bytes()) == before
    assert iam("apply", "dev", "--admin-profile", "admin", "--create-keys", input="y\n").exit_code == 0
    assert len(keys(admin)) == 1


def test_without_a_terminal_nothing_is_written_and_the_line_to_paste_works(admin):
    before = state(admin), admin.credentials.read_bytes()
    refused = iam("apply", "dev", "--admin-profile", "admin", "--no-create-keys", input="y\n")
    assert refused.exit_code == 2
    assert (state(admin), admin.credentials.read_bytes()) == before
    pasted = shlex.split(refused.stderr.rpartition(": ")[2])
    assert pasted[:3] == ["zappa-iam", "apply", "dev"]
    assert iam(*pasted[1:]).exit_code == 0
    assert keys(admin) == []


def test_the_user_behind_an_existing_profile_is_provisioned_and_keeps_its_key(admin):
    admin.user("robot", profile="serverless")
    before = admin.credentials.read_bytes()
    done = iam(*APPLY)
    assert done.exit_code == 0, done.stderr
    assert admin.credentials.read_bytes() == before
    assert keys(admin, "serverless") == []
    assert iam("check", "dev").exit_code == 0


@pytest.mark.parametrize("consent", [False, True], ids=["refused", "with --adopt"])
def test_a_policy_that_somebody_else_made_is_not_replaced_without_consent(admin, consent):
    client = admin.aws.client("iam")
    client.create_policy(PolicyName=POLICY, PolicyDocument=json.dumps(allow("s3:*")))
    before = state(admin), admin.credentials.read_bytes()
    done = iam(*APPLY, *(["--adopt"] if consent else []))
    if consent:
        assert done.exit_code == 0, done.stderr
        assert iam("check", "dev").exit_code == 0
    else:
        assert done.exit_code == 2
        assert "--adopt" in done.stdout + done.stderr
        assert (state(admin), admin.credentials.read_bytes()) == before
        assert iam("plan", "dev", "--admin-profile", "admin").exit_code == 1


def test_a_profile_that_holds_a_dead_key_is_not_overwritten_without_consent(admin):
    admin.profile("serverless", "AKIADEAD", "dead/secret")
    before = state(admin), admin.credentials.read_bytes()
    refused = iam(*APPLY)
    assert refused.exit_code == 2
    assert "--overwrite-profile" in refused.stdout + refused.stderr
    assert (state(admin), admin.credentials.read_bytes()) == before
    done = iam(*APPLY, "--overwrite-profile")
    assert done.exit_code == 0, done.stderr
    assert iam("check", "dev").exit_code == 0


def test_a_document_over_the_size_of_a_managed_policy_is_split(admin):
    events = [
        {"function": f"app.task_number_{number:02}", "name": f"a-long-name-for-this-schedule-{number:02}",
         "expression": "rate(1 day)"}
        for number in range(60)
    ]  # fmt: skip
    admin.settings(events=events)
    done = iam(*APPLY)
    assert done.exit_code == 0, done.stderr
    client = admin.aws.client("iam")
    attached = client.list_attached_user_policies(UserName="serverless")["AttachedPolicies"]
    names = [policy["PolicyName"] for policy in attached]
    assert len(names) > 1
    assert sorted(names) == sorted([POLICY, *(f"{POLICY}-{part}" for part in range(2, len(names) + 1))])
    for policy in attached:
        version = client.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        held = client.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"]
        assert size(held["Document"]) <= MANAGED_POLICY_LIMIT
    assert iam("check", "dev").exit_code == 0
    admin.settings()
    refused = iam(*APPLY)
    assert refused.exit_code == 1, "what is taken away is refused"
    assert "events:PutRule" in refused.stderr
    shrunk = iam(*APPLY, "--prune")
    assert shrunk.exit_code == 0, shrunk.stderr
    left = client.list_attached_user_policies(UserName="serverless")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in left] == [POLICY]
    assert iam("check", "dev").exit_code == 0


def test_versions_rotate_with_consent_and_the_last_one_can_be_returned_to(admin):
    client, arn = admin.aws.client("iam"), f"arn:aws:iam::{admin.account}:policy/{POLICY}"

    def versions():
        return [item["VersionId"] for item in client.list_policy_versions(PolicyArn=arn)["Versions"]]

    for number in range(5):
        admin.settings(s3_bucket=f"bucket-number-{number}")
        assert iam(*APPLY, "--prune").exit_code == 0
    assert len(versions()) == 5
    admin.settings(s3_bucket="bucket-number-5")
    planned = iam("plan", "dev", "--admin-profile", "admin", "--prune")
    assert planned.exit_code == 0
    assert f"  - delete the version v1 of the policy {POLICY}" in planned.stdout
    refused = iam(*APPLY, "--prune")
    assert refused.exit_code == 2
    assert "--prune-versions" in refused.stdout + refused.stderr
    assert "v1" in versions()
    assert iam(*APPLY, "--prune", "--prune-versions").exit_code == 0
    assert sorted(versions()) == ["v2", "v3", "v4", "v5", "v6"]
    assert iam("check", "dev").exit_code == 0
    assert len(keys(admin)) == 1
    back = iam(*APPLY, "--rollback", "--prune")
    assert back.exit_code == 0, back.stderr
    assert iam("check", "dev").exit_code == 1
    admin.settings(s3_bucket="bucket-number-4")
    assert iam("check", "dev").exit_code == 0
    assert "No changes" in iam("plan", "dev", "--admin-profile", "admin").stdout


ANSWERS = {
    "denied": Answer(
        403,
        b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not today</Message></Error></ErrorResponse>",
    ),
    "no answer": Answer(0),
}


@pytest.mark.parametrize(
    ("way", "performed"),
    [
        pytest.param("denied", False, id="denied", marks=pytest.mark.longer),
        pytest.param("no answer", True, id="performed, and the answer was lost"),
    ],
)
def test_whichever_request_fails_once_applying_again_converges_with_one_key_and_no_secret_told(
    admin, monkeypatch, way, performed
):
    """Every request of ``apply`` fails in turn, reading and writing alike."""
    monkeypatch.setattr(retrying, "DELAYS", (0.01, 0.01))
    rounds = 0
    while (done := apply_with_a_failure(admin, rounds := rounds + 1, ANSWERS[way], performed)) is not None:
        stored = admin.credentials.read_text().count("[serverless]")
        assert stored <= len(keys(admin)) <= 1, "no profile without a key, no key that is lost"
        assert done.exit_code in {0, 2}
        assert "Traceback" not in done.stderr
        again = iam(*APPLY)
        assert again.exit_code == 0, (rounds, done.stderr, again.stderr)
        assert len(keys(admin)) == 1
        assert not any(secret in told(done) + told(again) for secret in admin.secrets())
    assert rounds > 7


def apply_with_a_failure(admin: Newcomer, number: int, failure: Answer, performed: bool) -> Ran | None:
    """Apply from nothing in a fresh account while one request fails; None when there are not so many."""
    admin.credentials.unlink()
    (admin.home / ".aws" / "config").unlink(missing_ok=True)
    admin.aws = admin.aws.another_account()
    admin.administrator()
    count = itertools.count(1)
    if performed:
        fails: dict[str, Any] = {"after": lambda _, answer: failure if next(count) == number else answer}
    else:
        fails = {"before": lambda _: failure if next(count) == number else None}
    with proxy(admin.aws.endpoint, **fails) as url:
        done = iam(*APPLY, "--endpoint-url", url)
    return done if next(count) > number else None


def told(ran: Ran) -> str:
    return ran.stdout + ran.stderr


def test_ensure_and_check_from_a_script(admin):
    admin.user("serverless")
    report = check_deploy_permissions("dev", commands=["deploy"])
    assert report.denied
    assert len(report.denied) == len(report.results)
    with pytest.raises(MissingPermissions) as caught:
        ensure_deploy_permissions("dev", commands=["deploy"])
    assert caught.value.report == report
    assert caught.value.exit_code == 1
    assert caught.value.hint.endswith("zappa-iam apply dev --command deploy --admin-profile PROFILE")
    steps: list[str] = []
    ensured = ensure_deploy_permissions("dev", admin_profile="admin", progress=steps.append)
    assert not ensured.denied
    assert steps
    assert check_deploy_permissions("dev", commands=["deploy"]).exit_code(strict=True) == 0
    steps.clear()
    ensure_deploy_permissions("dev", admin_profile="admin", progress=steps.append)
    assert steps == []


def test_credentials_without_the_right_to_provision_are_named(admin):
    admin.user("powerless", inspects=False)
    before = state(admin)
    done = iam("apply", "dev", "--admin-profile", "powerless", "--yes")
    assert done.exit_code == 2
    assert "iam:GetUser" in done.stderr
    assert state(admin) == before


def test_policy_asks_whose_account_it_is_and_says_so(newcomer):
    newcomer.user("serverless")
    done = iam("policy", "dev")
    assert done.exit_code == 0
    assert (
        f"account {newcomer.account}: that of the profile serverless (--account names another)" in done.stderr
    )
    assert newcomer.account in done.stdout


@pytest.mark.parametrize("command", [("policy", "dev"), ("plan", "dev"), ("apply", "dev", "--yes")])
def test_credentials_of_another_partition_are_refused(newcomer, command):
    newcomer.administrator()
    newcomer.user("serverless")
    newcomer.settings(aws_region="cn-north-1")
    more = ("--admin-profile", "admin") if command[0] != "policy" else ()
    done = iam(*command, *more)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "partition aws" in done.stderr
    assert newcomer.aws.client("iam").list_policies(Scope="Local")["Policies"] == []


def test_two_keys_are_told_with_their_age_and_their_last_use(newcomer):
    newcomer.administrator()
    newcomer.settings()
    client = newcomer.aws.client("iam")
    client.create_user(UserName="serverless")
    ids = [client.create_access_key(UserName="serverless")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    refused = iam("plan", "dev", "--admin-profile", "admin", "--create-keys")
    assert refused.exit_code != 0
    told = " ".join(refused.stderr.split())
    for key_id in ids:
        assert re.search(rf"{key_id}, active, made \d{{4}}-\d\d-\d\d, (never used|last used)", told), told
    assert "aws iam delete-access-key --user-name serverless --access-key-id ID" in told


def test_stages_of_two_profiles_that_share_a_policy_name_are_told_and_the_advice_works(newcomer):
    newcomer.administrator()
    newcomer.settings()
    path = newcomer.folder / "zappa_settings.json"
    written = json.loads(path.read_text())
    written["prod"] = {**written["dev"], "profile_name": "another", "iam_ext": {"user": "another"}}
    path.write_text(json.dumps(written))
    refused = iam("plan", "--all", "--admin-profile", "admin")
    assert refused.exit_code == 2
    advice = re.search(
        r'"iam_ext": (\{"policy": "[^"]+"\}) in the stage prod',
        " ".join(refused.stderr.replace("`", "").split()),
    )
    assert advice, refused.stderr
    written["prod"]["iam_ext"] |= json.loads(advice[1])
    path.write_text(json.dumps(written))
    assert iam("plan", "--all", "--admin-profile", "admin").exit_code == 0
