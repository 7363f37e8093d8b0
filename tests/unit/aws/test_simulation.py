"""The client of AWS's policy simulator, on the recorded answers of the real one and on odd ones."""

from __future__ import annotations

import botocore.exceptions as boto
import pytest
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from tests.support.recorded_simulator import (
    BY_ID,
    CALLS,
    add,
    answered,
    as_sent,
    client,
    page,
    question_of,
    stubbed,
)
from zappa_iam_ext.aws.evidence.simulation import PolicySimulator
from zappa_iam_ext.check.simulation.words import (
    ContextEntry,
    InlinePolicy,
    MatchedStatement,
    PolicyType,
    Position,
    Question,
)
from zappa_iam_ext.iam import Decision

USER = "arn:aws:iam::123456789012:user/simulation/stackd-sim-fixture000-user"
OBJECT = "arn:aws:s3:::stackd-simulation/a"
OTHER = "arn:aws:s3:::stackd-simulation/b"
PRINCIPAL = [call for call in CALLS if call["method"] == "simulate_principal_policy"]
FITTING = [call for call in PRINCIPAL if "refused_by_botocore" not in call and question_of(call["params"])]
ANSWERED = [call for call in CALLS if "response" in call]
REFUSED = [call for call in CALLS if "error" in call]
ONE = Question(("s3:GetObject",), (OBJECT,))


def ask(iam, question, source=USER):
    return PolicySimulator(iam, source).ask(question)


def named(calls):
    return [pytest.param(call, id=call["id"]) for call in calls]


def test_the_recordings_are_all_there_and_most_of_a_principals_can_be_asked_by_us():
    assert len(CALLS) == 98
    assert len(PRINCIPAL) == 30
    assert len(FITTING) == 23


@pytest.mark.parametrize("call", named(FITTING))
def test_a_recorded_call_is_sent_as_it_was_and_its_answer_read(call):
    question = question_of(call["params"])
    with stubbed() as (iam, stubber):
        add(stubber, call, as_sent(call["params"]))
        parts = 0 if "response" in call else len(question.actions) * 2 - 2
        final = "error" in call and _is_about_the_principal(call)
        for _ in range(0 if final else parts):
            add(stubber, call)
        answer = ask(iam, question, call["params"]["PolicySourceArn"])
    if "response" in call:
        assert answer.faults == ()
        assert {(found.action, found.resource, str(found.decision)) for found in answer.decisions} == _told(
            call
        )
    else:
        assert answer.decisions == ()
        assert answer.faults
        assert answer.final is final


def _is_about_the_principal(call) -> bool:
    error = call["error"]["Error"]
    return error["Code"] == "NoSuchEntity" or error["Message"].startswith(
        ("Invalid Policy Source", "Invalid ARN")
    )


def _told(call) -> set[tuple[str, str, str]]:
    """Return the decisions of a recorded answer, those of its resources where it has any."""
    return {
        (result["EvalActionName"], each["EvalResourceName"], each["EvalResourceDecision"])
        for result in call["response"]["EvaluationResults"]
        for each in result.get(
            "ResourceSpecificResults",
            [{"EvalResourceName": "*", "EvalResourceDecision": result["EvalDecision"]}],
        )
    }


@pytest.mark.parametrize("call", named(ANSWERED))
def test_every_recorded_answer_is_read(call):
    """Those of SimulateCustomPolicy have the same shape."""
    params = call["params"]
    question = Question(tuple(params["ActionNames"]), tuple(params.get("ResourceArns", ())))
    empty = page([])
    with stubbed() as (iam, stubber):
        add(stubber, call)
        if call["response"]["IsTruncated"]:
            stubber.add_response("simulate_principal_policy", empty)
        answer = ask(iam, question)
    assert {(found.action, found.resource, str(found.decision)) for found in answer.decisions} == _told(call)
    for result in call["response"]["EvaluationResults"]:
        detail = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations")
        for each in result.get("ResourceSpecificResults", [result]):
            found = answer.on(
                result["EvalActionName"], each["EvalResourceName"] if each is not result else "*"
            )
            limit = each.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary")
            assert (found.by_organization, found.by_boundary) == (detail, limit)
            assert found.missing == {key.lower() for key in each.get("MissingContextValues", [])}
            assert [one.policy for one in found.matched] == [
                one["SourcePolicyId"] for one in each.get("MatchedStatements", [])
            ]


@pytest.mark.parametrize("call", named(REFUSED))
def test_every_recorded_refusal_is_a_fault_and_never_raised(call):
    with stubbed() as (iam, stubber):
        add(stubber, call)
        answer = ask(iam, ONE)
    assert answer.decisions == ()
    (told,) = answer.faults
    assert told.startswith("iam:SimulatePrincipalPolicy: ")


def test_a_position_is_read_with_its_policy_and_kind():
    with stubbed() as (iam, stubber):
        add(stubber, BY_ID["composition_cross_boundary_deny"])
        found = ask(iam, ONE).on("s3:GetObject", OBJECT)
    assert found.decision is Decision.EXPLICIT_DENY
    assert found.matched == (
        MatchedStatement(
            "PermissionsBoundaryPolicyInputList.1",
            "Permissions Boundary Policy",
            Position(1, 38),
            Position(1, 94),
        ),
    )


def test_all_that_a_question_holds_is_sent():
    question = Question(
        ("s3:GetObject",),
        (OBJECT,),
        (
            ContextEntry("aws:RequestedRegion", "string", ("eu-west-1",)),
            ContextEntry("aws:TagKeys", "stringList", ("a", "b")),
        ),
        (
            PolicyType.SCP,
            InlinePolicy("group", "team", "own"),
            "arn:aws:iam::123456789012:policy/Team",
        ),
        silent_boundary=True,
    )
    sent: dict = {}
    iam = client()
    iam.meta.events.register(
        "provide-client-params.iam.SimulatePrincipalPolicy", lambda params, **_: sent.update(params)
    )
    with Stubber(iam) as stubber:
        stubber.add_response(
            "simulate_principal_policy", page([answered("s3:GetObject", {OBJECT: "implicitDeny"})])
        )
        ask(iam, question)
    (boundary,) = sent.pop("PermissionsBoundaryPolicyInputList")
    assert "sts:GetCallerIdentity" in boundary
    assert sent == {
        "PolicySourceArn": USER,
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": [OBJECT],
        "ContextEntries": [
            {
                "ContextKeyName": "aws:RequestedRegion",
                "ContextKeyType": "string",
                "ContextKeyValues": ["eu-west-1"],
            },
            {
                "ContextKeyName": "aws:TagKeys",
                "ContextKeyType": "stringList",
                "ContextKeyValues": ["a", "b"],
            },
        ],
        "PolicyExclusionList": [
            {"PolicyType": "scp"},
            {
                "InlinePolicyIdentifier": {
                    "PolicyName": "own",
                    "AttachmentType": "group",
                    "AttachmentName": "team",
                }
            },
            {"PolicyArn": "arn:aws:iam::123456789012:policy/Team"},
        ],
    }


def test_every_page_repeats_the_request_exactly():
    """The marker is an offset only: another request is answered as if nothing were wrong."""
    question = Question(("s3:GetObject", "s3:PutObject"), (OBJECT,))
    sent = {"PolicySourceArn": USER, "ActionNames": list(question.actions), "ResourceArns": [OBJECT]}
    with stubbed() as (iam, stubber):
        stubber.add_response(
            "simulate_principal_policy",
            page([answered("s3:GetObject", {OBJECT: "allowed"})], "<opaque-marker>"),
            sent,
        )
        stubber.add_response(
            "simulate_principal_policy",
            page([answered("s3:PutObject", {OBJECT: "implicitDeny"})]),
            {**sent, "Marker": "<opaque-marker>"},
        )
        answer = ask(iam, question)
    assert [str(found.decision) for found in answer.decisions] == ["allowed", "implicitDeny"]
    assert answer.faults == ()


def test_names_that_aws_does_not_know_are_asked_apart_from_those_that_it_knows():
    """Recorded: InvalidInput for the whole call, both lists in the message."""
    call = BY_ID["input_resources_s3_objects"]
    actions = tuple(call["params"]["ActionNames"])
    known, unknown = actions[:12], actions[12:]
    with stubbed() as (iam, stubber):
        add(stubber, call)
        for names in (known, unknown):
            stubber.add_response(
                "simulate_principal_policy",
                page([answered(name, {OBJECT: "allowed"}) for name in names]),
                {"PolicySourceArn": USER, "ActionNames": list(names), "ResourceArns": [OBJECT]},
            )
        answer = ask(iam, Question(actions, (OBJECT,)))
    assert {found.action for found in answer.decisions} == set(actions)


def test_one_bad_item_costs_no_more_than_its_own_answer():
    bad = BY_ID["resource_not_arn"]
    with stubbed() as (iam, stubber):
        add(stubber, bad)
        add(stubber, bad)
        stubber.add_response(
            "simulate_principal_policy", page([answered("s3:GetObject", {"not-an-arn": "allowed"})])
        )
        answer = ask(iam, Question(("s3:GetObject",), ("not-an-arn-2", "not-an-arn")))
    assert [found.resource for found in answer.decisions] == ["not-an-arn"]
    assert len(answer.faults) == 1


ODD = {
    "no results": {},
    "results are null": {"EvaluationResults": None},
    "no decision": page([{"EvalActionName": "s3:GetObject"}]),
    "an action that was not asked": page([answered("s3:PutObject", {OBJECT: "allowed"})]),
    "another resource": page([answered("s3:GetObject", {OTHER: "allowed"})]),
    "no result for the resource": page(
        [{k: v for k, v in answered("s3:GetObject", {OBJECT: "allowed"}).items() if k != "ResourceSpecificResults"}]
    ),
    "a decision that is none": page([answered("s3:GetObject", {OBJECT: "Allowed"})]),
    "a boolean that is none": page([answered("s3:GetObject", {OBJECT: "allowed"}, organization="false")]),
    "a statement without a policy": page(
        [answered("s3:GetObject", {OBJECT: "explicitDeny"}, matched=[{"StartPosition": {"Line": 1, "Column": 1}}])]
    ),
    "allowed by no statement": page([{**answered("s3:GetObject", {OBJECT: "allowed"}),
        "ResourceSpecificResults": [{"EvalResourceName": OBJECT, "EvalResourceDecision": "allowed"}]}]),
}  # fmt: skip


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_an_odd_answer_is_not_believed(answer):
    class Pages:
        def paginate(self, **_):
            yield answer

    class Iam:
        def get_paginator(self, _):
            return Pages()

    found = ask(Iam(), ONE)
    assert found.decisions == ()
    assert found.faults
    assert found.odd


def test_an_answer_that_leaves_an_action_out_says_so():
    with stubbed() as (iam, stubber):
        stubber.add_response("simulate_principal_policy", page([]))
        answer = ask(iam, ONE)
    assert answer.faults == ("iam:SimulatePrincipalPolicy: no answer about 1 of 1 actions",)
    assert not answer.odd


def test_after_a_refusal_that_any_question_would_meet_nothing_more_is_asked():
    with stubbed() as (iam, stubber):
        stubber.add_client_error("simulate_principal_policy", "AccessDenied", "no", 403)
        simulator = PolicySimulator(iam, USER)
        first, second = simulator.ask(ONE), simulator.ask(Question(("iam:GetUser",), (USER,)))
    assert first.final
    assert second.faults == first.faults == ("iam:SimulatePrincipalPolicy is denied",)


FAULTS = {
    "denied": (boto.ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "X"), True, "iam:SimulatePrincipalPolicy is denied"),
    "throttled": (boto.ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "X"), False, "Rate exceeded"),
    "no code": (boto.ClientError({}, "X"), False, "without a code"),
    "timed out": (boto.ReadTimeoutError(endpoint_url="https://iam"), False, "Read timeout"),
    "dropped": (boto.ConnectionClosedError(endpoint_url="https://iam"), False, "closed"),
    "a proxy that answers HTML": (ResponseParserError("Unable to parse response: <html>"), False, "cannot be read"),
    "no such principal": (boto.ClientError({"Error": {"Code": "NoSuchEntity", "Message": "Unable"}}, "X"), True, "NoSuchEntity"),
}  # fmt: skip


@pytest.mark.parametrize(("error", "final", "told"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_and_never_raised(error, final, told):
    class Iam:
        def get_paginator(self, _):
            raise error

    answer = ask(Iam(), ONE)
    assert answer.decisions == ()
    assert told in answer.faults[0]
    assert answer.final is final
