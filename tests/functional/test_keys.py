"""``zappa-iam keys`` on a local AWS: looked at, rotated, interrupted at each request, and the former key deleted."""

from __future__ import annotations

import json
import os

import pytest

from tests.support.documents import allow
from tests.support.newcomer import ADMINISTRATOR, Newcomer, Ran, iam
from tests.support.proxy import Answer, proxy
from tests.support.sabotage import Saboteur, faults, in_child, sabotage
from zappa_iam_ext.aws.asking import retrying
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.plan.rotation import ROTATED, ROTATING

pytestmark = [
    pytest.mark.aws,
    pytest.mark.timeout(3600),
]
ROTATE = ("keys", "rotate", "dev", "--admin-profile", "admin", "--yes")
OTHERS = "# mine\n[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = x/y+z\n"


@pytest.fixture
def owner(newcomer: Newcomer) -> Newcomer:
    newcomer.credentials.parent.mkdir()
    newcomer.credentials.write_text(OTHERS)
    newcomer.administrator()
    newcomer.user("serverless")
    return newcomer


def keys(owner) -> dict[str, str]:
    found = owner.aws.client("iam").list_access_keys(UserName="serverless")["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in found}


def tags(owner) -> dict[str, str]:
    return {
        t["Key"]: t["Value"] for t in owner.aws.client("iam").list_user_tags(UserName="serverless")["Tags"]
    }


def held(owner) -> str | None:
    return ProfileFiles(owner.credentials, owner.home / ".aws" / "config").access_key_id("serverless")


def works() -> bool:
    return iam("keys", "status", "dev", "--admin-profile", "admin").exit_code == 0


def test_status_shows_each_key_and_which_one_the_profile_holds(owner):
    other = owner.aws.client("iam").create_access_key(UserName="serverless")["AccessKey"]["AccessKeyId"]
    before = keys(owner), tags(owner), owner.credentials.read_bytes()
    done = iam("keys", "status", "dev", "--admin-profile", "admin")
    assert done.exit_code == 0, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines()[1:]}
    assert "in the profile" in lines[held(owner)]
    assert "in the profile" not in lines[other]
    assert "never used" in lines[other]
    told = json.loads(iam("keys", "status", "dev", "--admin-profile", "admin", "--json").stdout)
    assert told["schema_version"]
    assert {key["access_key_id"]: key["in_profile"] for key in told["keys"]} == {
        held(owner): True,
        other: False,
    }
    assert (keys(owner), tags(owner), owner.credentials.read_bytes()) == before


@pytest.mark.parametrize("own", [False, True], ids=["by an administrator", "by the user itself"])
def test_a_rotation_and_the_deletion_of_the_former_key(owner, own):
    if own:
        owner.aws.client("iam").put_user_policy(
            UserName="serverless", PolicyName="keys", PolicyDocument=json.dumps(allow("iam:*"))
        )
    who = () if own else ("--admin-profile", "admin")
    old = held(owner)
    done = iam("keys", "rotate", "dev", *who, "--yes")
    assert done.exit_code == 0, done.stderr
    new = held(owner)
    assert new != old
    assert keys(owner) == {old: "Inactive", new: "Active"}
    assert tags(owner) == {ROTATED: old}
    assert works()
    assert owner.credentials.read_text().startswith(OTHERS)
    assert not any(secret in done.stdout + done.stderr for secret in owner.secrets())
    full = iam("keys", "rotate", "dev", *who, "--yes")
    assert full.exit_code == 2
    assert f"{old}, inactive" in full.stderr
    assert f"keys delete-old --key {old}" in full.stderr
    deleted = iam("keys", "delete-old", "dev", *who, "--yes")
    assert deleted.exit_code == 0, deleted.stderr
    assert list(keys(owner)) == [new]
    assert iam("keys", "rotate", "dev", *who, "--yes").exit_code == 0


def test_what_no_rotation_made_inactive_is_deleted_by_name_alone_and_never_while_active(owner):
    client = owner.aws.client("iam")
    other = client.create_access_key(UserName="serverless")["AccessKey"]["AccessKeyId"]
    remove = ("keys", "delete-old", "dev", "--admin-profile", "admin", "--yes")
    assert iam(*remove).exit_code == 0
    assert iam(*remove, "--key", other).exit_code == 2, "it is active"
    assert iam(*remove, "--key", str(held(owner))).exit_code == 2, "the profile holds it"
    client.update_access_key(UserName="serverless", AccessKeyId=other, Status="Inactive")
    asked = iam(*remove)
    assert asked.exit_code == 2
    assert other in asked.stderr
    assert other in keys(owner)
    assert iam(*remove, "--key", other).exit_code == 0
    assert list(keys(owner)) == [held(owner)]


@pytest.mark.parametrize("who", ["admin", "serverless"])
def test_a_key_in_the_way_is_made_inactive_by_whoever_rotates(owner, who):
    client = owner.aws.client("iam")
    other = client.create_access_key(UserName="serverless")["AccessKey"]["AccessKeyId"]
    client.put_user_policy(
        UserName="serverless", PolicyName="keys", PolicyDocument=json.dumps(allow("iam:*"))
    )
    done = iam("keys", "rotate", "dev", *(("--admin-profile", "admin") if who == "admin" else ()), "--yes")
    assert done.exit_code == 2
    assert (
        "`aws iam update-access-key --status Inactive --user-name serverless"
        f" --access-key-id {other} --profile {who} --region us-east-1`"
    ) in done.stderr


def test_without_consent_nothing_changes(owner):
    before = keys(owner), tags(owner), owner.credentials.read_bytes()
    done = iam("keys", "rotate", "dev", "--admin-profile", "admin")
    assert done.exit_code == 2
    assert (keys(owner), tags(owner), owner.credentials.read_bytes()) == before


REFUSED = {
    "CI": lambda _, patch: patch.setenv("JENKINS_URL", "http://j/") or patch.setenv("BUILD_ID", "1"),
    "a read-only file": lambda owner, _: owner.credentials.chmod(0o400),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_rotation_is_refused_before_the_first_change(owner, monkeypatch, why):
    REFUSED[why](owner, monkeypatch)
    before = keys(owner), tags(owner), owner.credentials.read_bytes()
    done = iam(*ROTATE)
    assert done.exit_code == 2
    assert (keys(owner), tags(owner), owner.credentials.read_bytes()) == before


def test_a_role_has_no_keys(owner):
    client = owner.aws.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": owner.account}}
    role = client.create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    session = owner.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="ci")["Credentials"]
    owner.profile("session", session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    done = iam("keys", "status", "dev", "--profile", "session")
    assert done.exit_code == 2
    assert "only an IAM user" in done.stderr


DENIED = Answer(403, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
ALL = "ZAPPA_IAM_EXT_FAULTS" in os.environ
"""Set by `make faults`: whichever request fails, the reading ones too."""
WRITES = ("TagUser", "CreateAccessKey", "UpdateAccessKey", "UntagUser")


def denied(chosen):
    return {"before": lambda request: DENIED if chosen(request) else None}


def lost(chosen):
    return {"after": lambda request, answer: Answer(0) if chosen(request) else answer}


@pytest.mark.parametrize("fails", [denied, lost], ids=["denied", "performed, and the answer was lost"])
@pytest.mark.parametrize("action", WRITES)
def test_a_change_that_fails_is_made_by_the_next_run_and_the_profile_always_works(
    owner, monkeypatch, action, fails
):
    monkeypatch.setattr(retrying, "DELAYS", (0.01, 0.01))
    with proxy(owner.aws.endpoint, **fails(lambda request: request.action == action)) as url:
        done = iam(*ROTATE, "--endpoint-url", url)
    assert done.exit_code == 2
    converges(owner, done)


@pytest.mark.skipif(not ALL, reason="`make faults` runs it")
def test_whichever_request_fails_or_kills_the_next_run_converges_and_the_profile_always_works(
    owner, monkeypatch
):
    monkeypatch.setattr(retrying, "DELAYS", (0.01, 0.01))
    undisturbed = Saboteur(owner.account, look=owner.credentials.read_bytes)
    rotated(owner, undisturbed)
    assert len(undisturbed.seen) > 10
    assert len(undisturbed.deaths) > 6
    for strikes, way in faults(undisturbed):
        owner.credentials.write_text(OTHERS)
        owner.aws = owner.aws.another_account()
        owner.user("admin", ADMINISTRATOR, inspects=False)
        owner.user("serverless")
        saboteur = Saboteur(owner.account, strikes, way)
        done = rotated(owner, saboteur)
        assert saboteur.struck is not None, (strikes, way)
        converges(owner, done)


def rotated(owner, saboteur):
    """Rotate before a saboteur; a process that is killed tells nothing."""
    done = Ran(0, "", "")
    with sabotage(owner.aws.endpoint, saboteur) as url:
        if saboteur.way.startswith("killed"):
            in_child(lambda: iam(*ROTATE, "--endpoint-url", url), saboteur)
        else:
            done = iam(*ROTATE, "--endpoint-url", url)
    return done


def converges(owner, done):
    """After a rotation that failed the profile works, and running it again ends with one key of each state."""
    assert done.exit_code in {0, 2}
    assert "Traceback" not in done.stderr
    assert held(owner) in {key for key, status in keys(owner).items() if status == "Active"}
    assert works()
    finished = ROTATING not in tags(owner) and "Inactive" in keys(owner).values()
    again = done if finished else iam(*ROTATE)
    assert finished or again.exit_code == 0, (done.stderr, again.stderr)
    assert sorted(keys(owner).values()) == ["Active", "Inactive"]
    assert keys(owner)[held(owner)] == "Active"
    assert ROTATING not in tags(owner)
    assert not any(secret in done.stdout + done.stderr + again.stdout for secret in owner.secrets())
