"""parliament as an outside judge: which actions, resources and condition keys of a document do not fit together.

It keeps its own copy of AWS's reference. Where it and we differ, the difference is listed with the reason.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.support.outside import parliament
from zappa_iam_ext.iam.findings import findings

FOLDER = Path(__file__).parents[2] / "cases" / "findings"
CASES = [case for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text())]
#: The same question in both tongues.
QUESTIONS = {
    "unknown action": ({"UNKNOWN_ACTION", "UNKNOWN_PREFIX"}, {"unknown/action", "unknown/service"}),
    "resource": ({"RESOURCE_MISMATCH"}, {"no-effect/resource-type", "no-effect/needs-all-resources"}),
    "condition key": (
        {"UNKNOWN_CONDITION_FOR_ACTION"},
        {"no-effect/condition-key", "no-effect/condition-always-holds", "unknown/condition-key"},
    ),
}
PATTERN = (
    "parliament asks it of every action that a pattern stands for; a pattern is in vain only when all are"
)
NOT_RESOURCE = "parliament reads NotResource as if nothing were named; all but the named is"
DENY = "parliament looks at the resources of an Allow only; a Deny in vain is a hole"
NULL = "parliament does not look at the key of this operator; without the key it is decided all the same"
EVERYWHERE = "requests to other services carry this key too: of a federated session, of a Lambda function"
TAG_KEY = "parliament takes the placeholder tag-key of the reference for the key itself"
GAP = "AWS's own managed policies do so; parliament's copy of the reference does not know"
COLON = "parliament lets one part of an ARN stand for two"
DIFFERENCES = {
    ("resource", "unknown/account: a colon is missing"): COLON,
    ("resource", "no-effect/needs-all-resources: every bucket, which stands for S3 itself"): GAP,
    ("resource", "no-effect/needs-all-resources: every bucket of another partition"): GAP,
    ("resource", "no-effect/needs-all-resources: the log groups of an account"): GAP,
    ("unknown action", "unknown/action: an action that AWS's own policies name"): GAP,
    ("condition key", "unknown/condition-key: a key that AWS's own policies test"): GAP,
    ("resource", "no-effect/condition-key: some action of a pattern has it"): PATTERN,
    ("condition key", "no-effect/condition-key: some action of a pattern has it"): PATTERN,
    ("resource", "privilege-escalation/put-role-policy: iam:* counts"): PATTERN,
    ("resource", "redundant/covered-statement: wider actions"): PATTERN,
    ("resource", "redundant/covered-entry: an action within a pattern"): PATTERN,
    ("resource", "wildcard/all-actions: one service"): PATTERN,
    ("resource", "wildcard/service-actions: every action of a service"): PATTERN,
    ("resource", "wildcard/service-actions: a pattern of some"): PATTERN,
    ("resource", "wildcard/action-pattern: actions that write"): PATTERN,
    ("resource", "wildcard/action-pattern: actions that only read"): PATTERN,
    ("resource", "no-effect/needs-all-resources: everything but something"): NOT_RESOURCE,
    ("resource", "privilege-escalation/pass-role-create-function: NotResource counts"): NOT_RESOURCE,
    ("resource", "no-effect/resource-type: in a Deny"): DENY,
    ("condition key", "no-effect/condition-key: Null false demands the key"): NULL,
    ("condition key", "no-effect/condition-key: Null true holds without the key"): NULL,
    ("condition key", "no-effect/condition-always-holds: Null"): NULL,
    ("condition key", "no-effect/condition-key: ForAnyValue demands the key"): NULL,
    ("condition key", "unknown/condition-key: a key of an identity provider"): EVERYWHERE,
    ("condition key", "condition/operator-type: a key that nobody knows"): EVERYWHERE,
    ("condition key", "unknown/condition-key: ssm:resourceTag/env, whose rest the policy chooses"): TAG_KEY,
    ("condition key", "no-effect/condition-key: ssm:resourceTag/env, whose rest the policy chooses"): TAG_KEY,
    (
        "condition key",
        "no-effect/condition-always-holds: ssm:resourceTag/env, whose rest the policy chooses",
    ): TAG_KEY,
    (
        "condition key",
        "no-effect/condition-key: a key that Lambda adds to every request of a function",
    ): EVERYWHERE,
}


@pytest.fixture(scope="module")
def judged():
    """Per question and case: whether parliament complains, and whether we do."""
    verdicts = {}
    for case in CASES:
        if "version" in case:
            continue
        theirs, ours = set(), set()
        for statements in case["documents"]:
            document = {"Version": "2012-10-17", "Statement": statements}
            theirs |= {
                finding.issue for finding in parliament.analyze_policy_string(json.dumps(document)).findings
            }
            ours |= {finding.id for finding in findings(document)}
        for question, (their_ids, our_ids) in QUESTIONS.items():
            name = f"{case['id']}: {case['name']}"
            verdicts[question, name] = (bool(theirs & their_ids), bool(ours & our_ids))
    return verdicts


def test_every_difference_from_parliament_is_listed_with_its_reason(judged):
    differing = {question for question, (theirs, ours) in judged.items() if theirs != ours}
    assert differing == set(DIFFERENCES)


@pytest.mark.parametrize("question", QUESTIONS)
def test_both_judges_complain_often_enough_for_their_agreement_to_mean_something(judged, question):
    agreed = Counter(both for (asked, _), both in judged.items() if asked == question)
    assert agreed[True, True] >= 5
    assert agreed[False, False] >= 100
