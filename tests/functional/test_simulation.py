"""The simulator's tier as a whole: on a model that is held against the recordings, with policies read and unread."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.model_simulator import ModelSimulator
from tests.support.recorded_simulator import CALLS, question_of
from tests.support.stages import stage
from zappa_iam_ext.aws.principal_policies import HeldPolicy, PrincipalPolicies
from zappa_iam_ext.check import Evidence, Verdict, check
from zappa_iam_ext.check.joining import Says, join, voice_of
from zappa_iam_ext.check.simulation.questions import ask
from zappa_iam_ext.check.simulation.words import Answer, PolicyType, Question
from zappa_iam_ext.iam import Layer, PolicyDocument, PolicySet, Principal
from zappa_iam_ext.iam.document import as_list
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.workflow.deciding.simulating import simulate

JANE = Principal.parse("arn:aws:iam::123456789012:user/jane")
ROLE = "arn:aws:iam::123456789012:role/hello-dev"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello-dev"
GET = Requirement("iam:GetRole", ROLE)
UPDATE = Requirement("lambda:UpdateFunctionCode", FUNCTION)
REPLAYED = [
    call
    for call in CALLS
    if call["method"] == "simulate_principal_policy"
    and "response" in call
    and question_of(call["params"])
    and call.get("entity_policies")
    and None not in [text for layer in call["entity_policies"].values() for text in layer.values()]
]


@pytest.mark.parametrize("call", [pytest.param(call, id=call["id"]) for call in REPLAYED])
def test_the_model_answers_as_the_simulator_was_recorded(call):
    held = call["entity_policies"]
    identity = {**held.get("identity", {}), **held.get("group", {})}
    (boundary,) = held.get("boundary", {}).values() or (None,)
    everything = PolicyDocument.parse(allow("*"))
    asked = question_of(call["params"])
    left_out = PolicyType.SCP in asked.without
    model = ModelSimulator(
        call["params"]["PolicySourceArn"], identity, boundary, None if left_out else everything
    )
    answer = model.ask(Question(asked.actions, asked.resources))
    for result in call["response"]["EvaluationResults"]:
        organization = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations")
        for each in result.get("ResourceSpecificResults", [result]):
            resource = each["EvalResourceName"]
            found = answer.on(result["EvalActionName"], resource)
            decision = each.get("EvalResourceDecision", result["EvalDecision"])
            limit = each.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary")
            assert (str(found.decision), found.by_organization, found.by_boundary) == (
                decision,
                organization,
                limit,
            )
            assert {one.policy for one in found.matched} == {
                one["SourcePolicyId"] for one in each.get("MatchedStatements", [])
            }


def test_many_recordings_are_replayed_by_the_model():
    assert len(REPLAYED) >= 12


def allow(*actions, **more):
    return statement("Allow", *actions, **more)


def deny(*actions, **more):
    return statement("Deny", *actions, **more)


def statement(effect, *actions, resource="*", **more):
    held = {"Effect": effect, "Action": list(actions), "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": held}


def held(*read, unread=(), boundary=None):
    """Return what could be read: pairs of words and document, and the words of what could not."""
    found = [HeldPolicy(source, "identity", PolicyDocument.parse(document)) for source, document in read]
    if boundary:
        found.append(
            HeldPolicy("user jane / permissions boundary", "boundary", PolicyDocument.parse(boundary))
        )
    return PrincipalPolicies(JANE, tuple(found), tuple(unread))


def said(model, known, *needed, facts=None):
    return simulate(needed, known, "us-east-1", model.ask_all, facts=facts or {}).voices


UNREAD = held(unread=["the inline policies of user jane: iam:ListUserPolicies is denied"])


@pytest.mark.parametrize(
    ("identity", "boundary", "scp", "says", "layer", "calls"),
    [
        pytest.param({"P": allow("iam:*")}, None, None, Says.ALLOWED, None, 2, id="allowed, and one more question tells that no condition was skipped"),
        pytest.param({"P": allow("s3:*")}, None, None, Says.DENIED, Layer.IDENTITY, 1, id="no policy allows it"),
        pytest.param({"P": allow("iam:*"), "Q": deny("iam:*")}, None, None, Says.DENIED, Layer.IDENTITY, 2, id="an explicit deny that hangs on no key"),
        pytest.param({"P": allow("iam:*"), "Q": deny("s3:*", Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})}, None, None, Says.NOTHING, None, 2, id="a key that an unread policy mentions leaves it open"),
        pytest.param({"P": allow("iam:*"), "Q": deny("iam:*", Condition={"Bool": {"aws:ViaAWSService": "true"}})}, None, None, Says.NOTHING, None, 2, id="a conditional Deny that the simulator skips"),
        pytest.param({"P": allow("iam:*"), "Q": deny("iam:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})}, None, None, Says.DENIED, Layer.IDENTITY, 2, id="a Deny by the region, which is given"),
        pytest.param({"P": allow("iam:*"), "Q": deny("iam:*", Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})}, None, None, Says.DOUBTS, Layer.IDENTITY, 2, id="a Deny for want of a key that the real request may carry"),
        pytest.param({"P": allow("iam:*"), "Q": deny("*")}, None, None, Says.DOUBTS, Layer.IDENTITY, 2, id="a Deny of everything leaves nothing that could tell"),
        pytest.param({"P": allow("iam:*")}, allow("s3:*"), None, Says.DENIED, Layer.BOUNDARY, 2, id="the boundary"),
        pytest.param({"P": allow("s3:*")}, allow("s3:*"), None, Says.DENIED, Layer.IDENTITY, 2, id="boundary and policies"),
        pytest.param({"P": allow("iam:*")}, allow("*"), None, Says.NOTHING, None, 1, id="a boundary that could not be read may have conditions"),
        pytest.param({"P": allow("iam:*")}, None, allow("s3:*"), Says.DOUBTS, Layer.ORGANIZATION, 2, id="the organization alone"),
        pytest.param({"P": allow("s3:*")}, None, allow("s3:*"), Says.DENIED, Layer.IDENTITY, 2, id="organization and policies"),
        pytest.param({"P": allow("iam:*")}, allow("s3:*"), allow("s3:*"), Says.DENIED, Layer.BOUNDARY, 3, id="organization and boundary"),
    ],
)  # fmt: skip
def test_where_no_policy_can_be_read(identity, boundary, scp, says, layer, calls):  # noqa: PLR0917
    model = ModelSimulator(JANE.arn, identity, boundary, scp)
    (voice,) = said(model, UNREAD, GET)
    assert (voice.says, voice.layer) == (says, layer)
    assert len(model.asked) == calls


def test_a_denial_of_another_action_tells_the_keys_too():
    """No silent boundary is needed where something is denied anyway."""
    model = ModelSimulator(JANE.arn, {"P": allow("iam:*"), "Q": deny("lambda:*")})
    needed = Requirement("lambda:GetFunction", FUNCTION), GET, Requirement("s3:ListBucket", "arn:aws:s3:::b")
    voices = said(model, UNREAD, *needed)
    assert [voice.says for voice in voices] == [Says.DENIED, Says.ALLOWED, Says.DENIED]
    assert voices[0].explicit
    assert not any(question.silent_boundary for question in model.asked)


def test_a_policy_is_named_by_the_words_in_which_it_is_known():
    model = ModelSimulator(JANE.arn, {"group_team_own": deny("iam:*"), "P": allow("iam:*")})
    known = held(unread=["group team / inline policy own: iam:GetGroupPolicy is denied"])
    witness = Requirement("s3:ListBucket", "arn:aws:s3:::b")
    voice, _ = said(model, known, GET, witness)
    assert voice.blocker.policy == "group team / inline policy own"
    assert all(not question.without for question in model.asked)


def test_a_name_that_is_two_policies_is_settled_by_leaving_them_out():
    own, aws = "arn:aws:iam::123456789012:policy/x/Same", "arn:aws:iam::aws:policy/Same"
    sources = [("user jane / managed policy Same", own), ("group team / managed policy Same", aws)]
    known = PrincipalPolicies(
        JANE,
        tuple(
            HeldPolicy(source, "identity", PolicyDocument.parse(allow("s3:*")), arn)
            for source, arn in sources
        ),
        ("the inline policies of user jane: denied",),
    )

    class Ambiguous(ModelSimulator):
        """Has two managed policies of the name; the one of AWS denies."""

        def _is(self, name, excluded):  # noqa: ARG002  -- one name, two policies
            return excluded == aws

    model = Ambiguous(JANE.arn, {"Same": deny("iam:*")})
    voice, _ = said(model, known, GET, Requirement("s3:ListBucket", "arn:aws:s3:::b"))
    assert voice.blocker.policy == "group team / managed policy Same"
    assert ("arn:aws:iam::123456789012:policy/Same",) in [question.without for question in model.asked]


def test_the_simulator_is_given_up_where_something_else_answers():
    def odd(questions):
        told = "iam:SimulatePrincipalPolicy: an answer that cannot be read"
        return [Answer(question, faults=(told,), odd=True) for question in questions]

    simulation = simulate([GET], UNREAD, "us-east-1", odd)
    assert simulation.voices == ()
    assert simulation.note.evidence is Evidence.SIMULATION
    assert simulation.note.told == (
        "iam:SimulatePrincipalPolicy: an answer that cannot be read; it does not answer as AWS does, and nothing of it is used"
    )


ACTIONS = ["iam:GetRole", "iam:*", "lambda:UpdateFunctionCode", "lambda:*", "*"]
CONDITIONS = [
    {},
    {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
    {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}},
    {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"Bool": {"aws:ViaAWSService": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"StringEquals": {"aws:username": "jane"}},
    {"StringNotLike": {"aws:userid": "AIDA*"}},
]
STATEMENTS = st.builds(
    lambda effect, action, condition: statement(
        effect, action, **({"Condition": condition} if condition else {})
    ),
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(ACTIONS),
    st.sampled_from(CONDITIONS),
)
FACTS = {"aws:MultiFactorAuthPresent": None, "aws:userid": "AIDAEXAMPLE"}


@settings(max_examples=120)
@given(
    st.lists(STATEMENTS, max_size=4),
    st.integers(0, 4),
    st.none() | STATEMENTS,
    st.booleans(),
    st.none() | STATEMENTS,
)
def test_whatever_could_be_read_the_joined_verdict_is_never_false(documents, read, boundary, seen, scp):
    """Against our evaluator with every policy in sight, for every request that the credentials can make."""
    names = [f"user_jane_{number}" for number in range(len(documents))]
    words = [f"user jane / inline policy {number}" for number in range(len(documents))]
    model = ModelSimulator(JANE.arn, dict(zip(names, documents, strict=True)), boundary, scp)
    unread = [f"{name}: iam:GetUserPolicy is denied" for name in words[read:]]
    if boundary and not seen:
        unread.append("the permissions boundary of user jane: iam:GetUser is denied")
    known = held(
        *zip(words[:read], documents[:read], strict=True), unread=unread, boundary=boundary if seen else None
    )
    needed = (GET, UPDATE)

    def judged(policies, *, unreadable=()):
        found = check(stage(), (), needed, policies, JANE, unreadable=unreadable, facts=FACTS)
        return found.results

    truth = judged(PolicySet(identity=tuple(documents), boundary=boundary))
    first = judged(known.policies, unreadable=known.unreadable)
    voices = said(model, known, *needed, facts=FACTS)
    for real, own, voice in zip(truth, first, voices, strict=True):
        joined = join(real.requirement, [voice_of(own), voice])
        if joined.verdict is Verdict.ALLOWED:
            assert real.verdict is Verdict.ALLOWED
        if joined.verdict is Verdict.DENIED:
            assert real.verdict is Verdict.DENIED
        if scp and real.verdict is Verdict.ALLOWED:
            assert joined.verdict is not Verdict.DENIED


def test_the_first_round_is_one_call_for_each_question():
    model = ModelSimulator(JANE.arn, {"P": allow("*")})
    needed = [GET, UPDATE, Requirement("iam:GetRolePolicy", ROLE)]
    said(model, UNREAD, *needed)
    first = [question for question in model.asked if not question.silent_boundary]
    assert len(first) == len({item.question for item in ask(needed, JANE, "us-east-1")}) == 2


NEEDED = requirements(stage())
FULL = deployment_policy(NEEDED).to_dict()


@pytest.mark.parametrize("dropped", ["", "iam:PassRole", "lambda:UpdateFunctionCode", "s3:PutObject"])
def test_a_deployer_whose_policies_nobody_can_read_is_judged_by_the_simulator_alone(dropped):
    """Its own conditions are on keys that each request gives, or that AWS sends with other actions only."""
    held_by_aws = {
        **FULL,
        "Statement": [
            {**each, "Action": [action for action in as_list(each["Action"]) if action != dropped]}
            for each in FULL["Statement"]
            if set(as_list(each["Action"])) != {dropped}
        ],
    }
    model = ModelSimulator(JANE.arn, {"ZappaLambdaDeploymentPolicy": held_by_aws})
    voices = said(model, UNREAD, *NEEDED)
    asked = ask(NEEDED, JANE, "us-east-1")
    for item, voice in zip(asked, voices, strict=True):
        if item.requirement.action == dropped and item.question:
            assert voice.says is Says.DENIED, item.requirement
        elif item.requirement.action == "lambda:RemovePermission" and item.exact:
            assert voice.why.endswith("depends on lambda:principal"), (
                "AWS sends it, and nobody knows its value"
            )
        elif item.question and item.exact:
            assert voice.says is Says.ALLOWED, (item.requirement, voice.why)
        else:
            assert voice.says is Says.NOTHING, item.requirement
    assert len(model.asked) <= 17, "rounds do not grow with what is needed"
