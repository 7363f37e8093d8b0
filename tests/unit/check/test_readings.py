"""What the simulator's answers say: only what is certain denies or allows."""

from __future__ import annotations

import pytest

from zappa_iam_ext.check import Blocker, Evidence
from zappa_iam_ext.check.joining import Says
from zappa_iam_ext.check.simulation.questions import Asked
from zappa_iam_ext.check.simulation.readings import Settled, needed_again, read_answer
from zappa_iam_ext.check.simulation.words import (
    Answer,
    ContextEntry,
    MatchedStatement,
    Mentioned,
    PolicyType,
    Position,
    Question,
    SimulatedDecision,
    mentioned_in,
    open_keys,
    told_by,
)
from zappa_iam_ext.iam import Decision, Layer, PolicyDocument
from zappa_iam_ext.permissions.model import Requirement

ROLE = "arn:aws:iam::123456789012:role/hello-dev"
PASS = Requirement("iam:PassRole", ROLE)
ASKED = Question(("iam:PassRole",), (ROLE,))
SCP, BOUNDARY = PolicyType.SCP, PolicyType.BOUNDARY
YES, NO, EXPLICIT = Decision.ALLOWED, Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY
NONE: frozenset[str] = frozenset()
STATEMENT = MatchedStatement("user_jane_own", start=Position(3, 17), end=Position(9, 6))
LIMIT = MatchedStatement("Limit", "Permissions Boundary Policy", Position(1, 38), Position(1, 94))


def told(decision, *, without=(), organization=None, boundary=None, matched=(), missing=NONE):
    found = SimulatedDecision("iam:PassRole", ROLE, decision, organization, boundary, matched, missing)
    return Answer(Question(ASKED.actions, ASKED.resources, without=without), (found,))


def read(*answers, keys=NONE, absent=NONE, account="123456789012", exact=True, requirement=PASS):
    asked = Asked(requirement, ASKED, ROLE, exact)
    return read_answer(asked, answers, Settled(lambda _: keys, absent, account))


@pytest.mark.parametrize(
    ("answers", "more", "says", "layer", "why"),
    [
        pytest.param([told(YES)], {}, Says.ALLOWED, None, "", id="allowed, and no policy mentions a key that was not given"),
        pytest.param([told(YES)], {"keys": frozenset({"aws:sourceip"})}, Says.NOTHING, None, "a policy depends on aws:sourceip", id="a conditional Deny may have been skipped"),
        pytest.param([told(YES)], {"keys": None}, Says.NOTHING, None, "whether a conditional Deny was skipped is not known", id="nobody knows which keys policies mention"),
        pytest.param([told(YES)], {"exact": False}, Says.NOTHING, None, "nothing of the others", id="one name allowed says nothing of all of a pattern"),
        pytest.param([told(YES)], {"account": "999999999999"}, Says.NOTHING, None, "in account 123456789012", id="another account's resource has a policy of its own"),
        pytest.param([told(NO)], {}, Says.DENIED, Layer.IDENTITY, "", id="no policy allows it"),
        pytest.param([told(NO)], {"exact": False}, Says.DENIED, Layer.IDENTITY, "", id="one name denied is enough to deny a pattern"),
        pytest.param([told(NO, missing=frozenset({"aws:sourceip"}))], {}, Says.DOUBTS, None, "unless aws:sourceip of the request", id="a key of the request may make it otherwise"),
        pytest.param([told(NO, missing=frozenset({"aws:multifactorauthpresent"}))], {"absent": frozenset({"aws:multifactorauthpresent"})}, Says.DENIED, Layer.IDENTITY, "", id="a key that no request of these credentials carries does not"),
        pytest.param([told(NO, missing=frozenset({"aws:principalaccount"}))], {}, Says.DENIED, Layer.IDENTITY, "", id="listed because its value does not match"),
        pytest.param([told(NO, missing=frozenset({"iam:passedtoservice"}))], {}, Says.DOUBTS, None, "unless iam:passedtoservice", id="a key that AWS sends with this action"),
        pytest.param([told(NO, missing=frozenset({"lambda:principal", "iam:permissionsboundary"}))], {}, Says.DENIED, Layer.IDENTITY, "", id="keys that AWS sends with other actions only"),
        pytest.param([told(YES)], {"keys": frozenset({"lambda:principal"})}, Says.ALLOWED, None, "", id="also where it is allowed"),
        pytest.param([told(EXPLICIT, matched=(STATEMENT,))], {"keys": frozenset({"lambda:principal"})}, Says.DENIED, Layer.IDENTITY, "", id="or denied explicitly"),
        pytest.param([told(NO, missing=frozenset({"aws:userid"}))], {}, Says.DOUBTS, None, "aws:userid", id="the user's id is a stand-in unless it is given"),
        pytest.param([told(EXPLICIT, matched=(STATEMENT,))], {}, Says.DENIED, Layer.IDENTITY, "", id="an explicit deny"),
        pytest.param([told(EXPLICIT, matched=(LIMIT,))], {}, Says.DENIED, Layer.BOUNDARY, "", id="an explicit deny of the boundary"),
        pytest.param([told(EXPLICIT, matched=(STATEMENT,))], {"keys": frozenset({"aws:sourceip"})}, Says.DOUBTS, Layer.IDENTITY, "may depend on aws:sourceip", id="a Deny with a negated operator holds for an absent key"),
        pytest.param([told(EXPLICIT, matched=(STATEMENT,))], {"keys": None}, Says.DOUBTS, Layer.IDENTITY, "a condition that the real request does not meet", id="nobody knows whether it does"),
        pytest.param([told(NO, boundary=False), told(YES, without=(BOUNDARY,))], {}, Says.DENIED, Layer.BOUNDARY, "", id="the boundary alone"),
        pytest.param([told(NO, boundary=False), told(NO, without=(BOUNDARY,))], {}, Says.DENIED, Layer.IDENTITY, "", id="the boundary and the user's own policies"),
        pytest.param([told(NO, boundary=True)], {}, Says.DENIED, Layer.IDENTITY, "", id="a boundary that allows it is not to blame"),
        pytest.param([told(NO, organization=False), told(YES, without=(SCP,), matched=(STATEMENT,))], {}, Says.DOUBTS, Layer.ORGANIZATION, "by an organization policy alone", id="the organization alone is no denial"),
        pytest.param([told(EXPLICIT, organization=False), told(YES, without=(SCP,))], {}, Says.DOUBTS, Layer.ORGANIZATION, "by an organization policy alone", id="nor is its explicit deny"),
        pytest.param([told(NO, organization=False), told(NO, without=(SCP,))], {}, Says.DENIED, Layer.IDENTITY, "", id="without the organization it is denied too"),
        pytest.param([told(NO, organization=False), told(NO, without=(SCP,), missing=frozenset({"aws:sourceip"}))], {}, Says.DOUBTS, None, "aws:sourceip", id="unless a key makes it otherwise"),
        pytest.param([told(NO, organization=False), told(EXPLICIT, without=(SCP,), matched=(STATEMENT,))], {}, Says.DENIED, Layer.IDENTITY, "", id="without the organization it is denied explicitly"),
        pytest.param([told(NO, organization=False)], {}, Says.DOUBTS, Layer.ORGANIZATION, "or for another reason", id="the second question was not answered"),
        pytest.param([told(NO, organization=False, boundary=False), told(NO, without=(SCP,), boundary=False), told(YES, without=(SCP, BOUNDARY))], {}, Says.DENIED, Layer.BOUNDARY, "", id="organization and boundary: the boundary's part is certain"),
        pytest.param([told(NO, organization=False, boundary=False), told(NO, without=(SCP,), boundary=False), told(NO, without=(SCP, BOUNDARY))], {}, Says.DENIED, Layer.IDENTITY, "", id="organization, boundary and no Allow"),
        pytest.param([told(EXPLICIT)], {}, Says.DOUBTS, None, "without naming a statement", id="an explicit deny of nobody"),
        pytest.param([Answer(ASKED, faults=("iam:SimulatePrincipalPolicy is denied",))], {}, Says.NOTHING, None, "gave no answer: iam:SimulatePrincipalPolicy is denied", id="no answer"),
        pytest.param([], {}, Says.NOTHING, None, "it was not asked", id="no question"),
    ],
)  # fmt: skip
def test_an_answer_says(answers, more, says, layer, why):
    voice = read(*answers, **more)
    assert (voice.evidence, voice.says, voice.layer) == (Evidence.SIMULATION, says, layer)
    assert why in voice.why
    assert bool(voice.why) is bool(why)


@pytest.mark.parametrize(
    ("found", "again"),
    [
        pytest.param(told(YES, organization=True), (), id="allowed"),
        pytest.param(told(NO), (), id="there is neither organization nor boundary"),
        pytest.param(told(NO, organization=True, boundary=True), (), id="both allow it"),
        pytest.param(told(NO, organization=False, boundary=True), ((SCP,),), id="the organization does not"),
        pytest.param(told(NO, organization=True, boundary=False), ((BOUNDARY,),), id="the boundary does not"),
        pytest.param(told(NO, organization=False, boundary=False), ((SCP,), (SCP, BOUNDARY)), id="neither does"),
        pytest.param(told(EXPLICIT, boundary=False, matched=(LIMIT,)), (), id="a statement tells already"),
    ],
)  # fmt: skip
def test_only_a_denial_that_they_may_explain_is_asked_again_without_them(found, again):
    assert needed_again(found.decisions[0]) == again


def test_a_denial_has_its_blocker_with_what_the_position_tells():
    many = read(told(EXPLICIT, matched=(STATEMENT,))).blocker
    one = read(told(EXPLICIT, matched=(LIMIT,))).blocker
    assert many == Blocker(
        Layer.IDENTITY,
        True,
        "the inline policy user_jane_own (user_NAME_POLICY)",
        "lines 3 to 9",
    )
    assert one == Blocker(
        Layer.BOUNDARY, True, "the permissions boundary Limit", "line 1, columns 38 to 94", 1
    )
    assert read(told(NO)).blocker is None


GIVEN = Question(
    ("a:B",), context=(ContextEntry("aws:X1", "string", ("1",)), ContextEntry("aws:Y1", "string", ("1",)))
)
BARE = Question(("a:B",), context=GIVEN.context[:1])


def denied(question, *missing, **more):
    decision = SimulatedDecision("a:B", "*", NO, missing=frozenset(missing), **more)
    return Answer(question, (decision,))


@pytest.mark.parametrize(
    ("told", "question", "absent", "keys"),
    [
        pytest.param([], BARE, NONE, None, id="nothing was denied: nobody knows"),
        pytest.param([denied(BARE)], BARE, NONE, NONE, id="a denial that lacks no key"),
        pytest.param([denied(BARE, "aws:z1")], BARE, NONE, frozenset({"aws:z1"}), id="a denial that lacks one"),
        pytest.param([denied(BARE, "aws:z1")], BARE, frozenset({"aws:z1"}), NONE, id="which no request carries"),
        pytest.param([denied(BARE, "aws:y1")], GIVEN, NONE, NONE, id="which this question gives"),
        pytest.param([denied(GIVEN)], BARE, NONE, None, id="a question that gave more does not tell of what it gave"),
        pytest.param([denied(BARE, "aws:z1"), denied(BARE, "aws:w1")], BARE, NONE, frozenset({"aws:z1", "aws:w1"}), id="every key that any told"),
        pytest.param([denied(BARE, by_organization=False)], BARE, NONE, None, id="a denial by the organization tells nothing"),
    ],
)  # fmt: skip
def test_the_keys_on_which_an_answer_may_hang(told, question, absent, keys):
    assert open_keys(told_by(told), question, absent) == keys


def test_an_allowed_tells_no_keys():
    decision = SimulatedDecision("a:B", "*", YES)
    assert told_by([Answer(BARE, (decision,))]) == ()


def test_the_keys_that_documents_mention_are_those_of_conditions_and_of_variables():
    statement = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::${aws:PrincipalTag/team}/*", "arn:aws:s3:::a${*}b"],
        "Condition": {"StringNotEquals": {"aws:SourceVpc": "${AWS:Username, 'nobody'}"}},
    }
    document = PolicyDocument.parse({"Version": "2012-10-17", "Statement": statement})
    assert mentioned_in([document]) == Mentioned(
        frozenset({"aws:principaltag/team", "aws:sourcevpc", "aws:username"})
    )
