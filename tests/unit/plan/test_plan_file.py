"""A plan as a file: read back as it was written, refused when it is not what it was."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import allow
from tests.unit.plan.test_assignment import DEV, PROD, desired, policy, state
from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.plan import Consents, Quotas, plan
from zappa_iam_ext.plan.plan_file import (
    PlannedFor,
    is_plan_file,
    read_plan_file,
    same_plan,
    state_fingerprint,
    write_plan_file,
)
from zappa_iam_ext.plan.role_states import DesiredExecutionRole, DesiredRole, DesiredRoles

CURRENT = state(policy(allow("s3:*"), {DEV}))
WANTED = desired(DEV, PROD, profile="serverless", region="us-east-1", group="team", tags={"Team": "x"})
ROLE = DesiredRole("deployer", {"Version": "2012-10-17", "Statement": []})
LIMIT = f"arn:aws:iam::{WANTED.account}:policy/limit"
EXECUTION = DesiredExecutionRole(DEV, "run", "/", ROLE.trust, "inline", allow("s3:A"), LIMIT, allow("s3:B"))
WANTED = replace(WANTED, roles=DesiredRoles(deployer=ROLE, execution=(EXECUTION,)))
CONSENTS = Consents(prune=True)
ENTRY = PlannedFor(
    desired=WANTED,
    consents=CONSENTS,
    state=state_fingerprint(CURRENT),
    changes=plan(WANTED, CURRENT, CONSENTS).to_json(),
    stages=("dev", "prod"),
    profile="serverless",
    region="us-east-1",
    administrator="arn:aws:iam::123456789012:user/admin",
)
TEXT = write_plan_file([ENTRY], "1.0")


def test_it_is_read_as_it_was_written_and_comes_out_the_same():
    (read,) = read_plan_file(TEXT, "1.0")
    assert read.desired == WANTED
    assert read.consents == CONSENTS
    assert (read.stages, read.profile, read.region, read.administrator) == (
        ENTRY.stages, ENTRY.profile, ENTRY.region, ENTRY.administrator,
    )  # fmt: skip
    assert same_plan(read, plan(read.desired, CURRENT, read.consents))
    assert not same_plan(read, plan(desired(DEV), CURRENT, read.consents))


def test_the_state_s_fingerprint_changes_with_the_account_and_not_with_how_many_policies_it_has():
    told = state_fingerprint(CURRENT)
    assert told == state_fingerprint(state(policy(allow("s3:*"), {DEV}), quotas=Quotas(policies=7)))
    assert told != state_fingerprint(state(policy(allow("s3:A"), {DEV})))
    assert told != state_fingerprint(state(policy(allow("s3:*"), {DEV}), groups=("team",)))


def _changed(**more):
    return json.dumps({**json.loads(TEXT), **more})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "no plan file", id="nothing"),
        pytest.param("[]", "no plan file", id="a list"),
        pytest.param(TEXT[:-20], "no plan file", id="cut off"),
        pytest.param(_changed(version="2.0"), "version 2.0", id="another version"),
        pytest.param(_changed(format=0), "the format 0; version 1.0", id="another format"),
        pytest.param(_changed(format=True), "the format True", id="a format that only equals ours"),
        pytest.param(_changed(kind="a plan"), "no plan file", id="another kind of file"),
        pytest.param(_changed(plans=[]), "altered", id="other plans"),
        pytest.param(_changed(digest="0"), "altered", id="another digest"),
        pytest.param(TEXT.replace("hello", "jello"), "altered", id="another project"),
    ],
)
def test_what_is_not_as_it_was_written_is_refused(text, told):
    with pytest.raises(ZappaIamError, match=told) as caught:
        read_plan_file(text, "1.0")
    assert "plan STAGE --out FILE" in caught.value.hint


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda entry: entry.pop("desired"), id="no desired state"),
        pytest.param(lambda entry: entry["desired"].update(user=7), id="a number for a name"),
        pytest.param(lambda entry: entry["consents"].update(adopt="yes"), id="a text for a consent"),
        pytest.param(lambda entry: entry["desired"].update(needs=[{}]), id="a need without a stage"),
    ],
)
def test_what_holds_no_plan_is_refused_though_its_digest_is_right(change):
    from zappa_iam_ext.plan.plan_file import _digest

    content = json.loads(TEXT)
    del content["digest"]
    change(content["plans"][0])
    with pytest.raises(ZappaIamError, match="does not hold"):
        read_plan_file(json.dumps({**content, "digest": _digest(content)}), "1.0")


@given(st.text(max_size=80))
def test_any_text_is_told(text):
    with pytest.raises(ZappaIamError):
        read_plan_file(text, "1.0")
    assert not is_plan_file(text)


def test_it_is_known_by_its_beginning():
    assert is_plan_file(TEXT)
    assert is_plan_file(TEXT[:-50])
    assert not is_plan_file('{"dev": {}}')
