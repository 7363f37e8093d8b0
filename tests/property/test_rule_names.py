"""The names of EventBridge rules: whatever Zappa itself makes of an event is foreseen, exactly now and by a pattern later."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from zappa.core import Zappa

from tests.support.stages import stage
from zappa_iam_ext.iam.patterns import text_glob
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.requirements import requirements

ROOM = 63
"""The longest name of an event: Zappa refuses a longer one (``get_scheduled_event_name``)."""
WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"
PROJECTS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=60)
FUNCTIONS = st.text(WORD, min_size=1, max_size=ROOM + 3)
NAMES = st.none() | st.text(WORD + "-", min_size=1, max_size=ROOM + 3)
ZAPPA = Zappa(load_credentials=False, aws_region="us-east-1")


def events(function: str, name: str | None) -> dict[str, str]:
    return {"function": function, "expression": "rate(1 hour)"} | ({} if name is None else {"name": name})


def made_by_zappa(event: dict[str, str], function_name: str, index: int) -> str | None:
    """Return the name that Zappa's own code gives the rule; None where it refuses the event."""
    try:
        return ZAPPA.get_scheduled_event_name(event, event["function"], function_name, index)
    except OSError:
        return None


@given(PROJECTS, FUNCTIONS, NAMES, st.integers(0, 12))
@example("hello", "app.f", "n" * (ROOM - 6), 0)
@example("hello", "f" * ROOM, None, 0)
def test_the_name_is_the_one_that_zappa_makes(project, function, name, index):
    one, event = stage(project=project), events(function, name)
    assert one.rule_name(event, index) == made_by_zappa(event, one.function_name, index)


@given(PROJECTS, FUNCTIONS, NAMES, st.integers(0, 12))
def test_a_rule_of_any_event_fits_exactly_one_pattern(project, function, name, index):
    one = stage(project=project)
    rule = made_by_zappa(events(function, name), one.function_name, index)
    if rule is not None:
        fitting = [pattern for pattern in one.rule_patterns() if text_glob(pattern).matches(rule)]
        assert len(fitting) == 1, (rule, fitting)


@pytest.mark.parametrize("width", range(1, 61))
def test_a_rule_left_by_a_former_event_is_covered_at_every_length(width: int) -> None:
    """Where a name is cut, and by how much, depends on both lengths: each of them is tried."""
    one = stage(project="p" * width)
    globs = [text_glob(pattern) for pattern in one.rule_patterns()]
    for length in range(1, ROOM + 1):
        rule = made_by_zappa(events("f" * length, None), one.function_name, 0)
        assert rule
        assert any(glob.matches(rule) for glob in globs), rule


@given(PROJECTS, FUNCTIONS, NAMES)
def test_no_pattern_covers_what_zappa_never_makes_for_the_function(project, function, name):
    """Rules of another function fit only where the name holds none of either: too long an event leaves no room."""
    one, other = stage(project=project), stage(project=f"{project}x")
    rule = made_by_zappa(events(function, name), other.function_name, 0)
    fits = rule is not None and any(text_glob(pattern).matches(rule) for pattern in one.rule_patterns())
    if fits:
        assert len(rule) == ROOM + 1
        kept = rule.index("-")
        assert kept < 4
        assert one.function_hash[:kept] == other.function_hash[:kept]


@settings(max_examples=20)
@pytest.mark.parametrize("command", ["deploy", "update", "schedule", "unschedule", "undeploy", "status"])
@given(PROJECTS, st.text(WORD, min_size=1, max_size=ROOM))
def test_every_command_that_meets_rules_may_touch_those_of_former_events(command, project, function):
    """What was scheduled once is deleted, or read, under settings that know nothing of it."""
    former = stage({"events": [events(function, None)], "keep_warm": False}, project=project)
    now = stage({"events": [events("app.other", None)], "keep_warm": False}, project=project)
    rule = made_by_zappa(events(function, None), former.function_name, 0)
    action = "events:DescribeRule" if command == "status" else "events:DeleteRule"
    granted = [
        text_glob(item.resource.partition(":rule/")[2])
        for item in requirements(now, [parse_command(command)])
        if item.action == action
    ]
    assert any(glob.matches(rule) for glob in granted)
