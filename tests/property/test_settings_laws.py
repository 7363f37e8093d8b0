"""Whatever stands in the settings: one clear answer, and no value of the wrong type in any ARN."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.newcomer import iam
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS
from zappa_iam_ext.settings import judge
from zappa_iam_ext.settings.table import setting_rows
from zappa_iam_ext.settings.values import found, without

pytestmark = pytest.mark.usefixtures("clean", "offline")
ACCOUNT = "123456789012"
BASE: dict[str, Any] = {
    "app_function": "app.app",
    "project_name": "hello",
    "aws_region": "us-east-1",
    "s3_bucket": "packages",
    "domain": "example.com",
    "events": [{"function": "app.task", "expression": "rate(1 day)"}],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 99999) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("abz:/-_*?'\"[]{}<> é\n", max_size=12)
    | st.sampled_from(["arn:aws:s3:::b", "arn:aws:sqs:us-east-1:123456789012:q", "yes", "128", ""]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["arn", "function", "event_source", "events", "SubnetIds", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
NAMES = st.sampled_from([row.name for row in setting_rows()])
SWITCHES = dict.fromkeys(("alb_enabled", "api_key_required", "function_url_enabled", "slim_handler"), True)
#: What only the text of a Python list, table, None or bool holds.
_REPR = re.compile(r"[\[\]{}'\"<> \n]|None|True|False")


def nested(name: str, value: Any) -> tuple[str, Any]:
    """Return the setting at the top, and what it holds so that the value stands where the name says."""
    first, *steps = name.replace("[]", ".[]").split(".")
    for step in reversed(steps):
        value = [value] if step == "[]" else {("x" if step == "*" else step): value}
    return first, value


def arns(document: Any) -> set[str]:
    listed = document if isinstance(document, list) else [document]
    statements = [statement for one in listed for statement in one["Statement"]]
    resources = [statement["Resource"] for statement in statements]
    return {arn for one in resources for arn in ([one] if isinstance(one, str) else one)}


def judged(stage: Any) -> None:
    Path("zappa_settings.json").write_text(json.dumps({"dev": stage}))
    done = iam("policy", "dev", "--account", ACCOUNT)
    assert "Traceback" not in done.stderr
    if done.exit_code:
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.count("Error: ") == 1
        return
    odd = {arn for arn in arns(json.loads(done.stdout)) if arn != "*" and _REPR.search(arn)}
    assert odd == set()


@given(name=NAMES, value=JSON, switched=st.booleans())
@example(name="events[].event_source.arn", value=["arn:aws:s3:::a", "arn:aws:s3:::b"], switched=False)
@example(name="role_name", value=["a"], switched=False)
@example(name="snap_start", value=[], switched=False)
@example(name="extends", value=["a"], switched=False)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_value_at_any_setting_is_refused_or_harmless(name, value, switched):
    first, whole = nested(name, value)
    judged({**BASE, **(SWITCHES if switched else {}), first: whole})


@given(stage=JSON)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_value_may_stand_where_a_stage_should(stage):
    judged(stage)


@pytest.mark.parametrize("version", ZAPPA_VERSIONS)
@given(name=NAMES, value=JSON)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_left_is_judged_well(version, name, value):
    """Settings without what is wrong have nothing wrong: judging is idempotent."""
    first, whole = nested(name, value)
    left = judge({**BASE, first: whole}, version, region="us-east-1").settings
    assert judge(left, version, region="us-east-1").refusals == ()


@given(value=st.dictionaries(st.sampled_from(["a", "b"]), JSON, min_size=1))
def test_without_takes_what_it_is_told_and_no_more(value):
    paths = [path for path, _ in found(value, ("a",))]
    left = without(value, paths)
    assert left == {key: item for key, item in value.items() if key != "a"}
