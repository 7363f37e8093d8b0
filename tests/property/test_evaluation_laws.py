"""Laws of the evaluation logic, on random policies and requests (``tests.judges.generator``)."""

from __future__ import annotations

import copy
import itertools
import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.judges.generator import DERIVED, KINDS, pair, with_pattern
from zappa_iam_ext.iam import AuthorizationRequest, PolicySet, Principal, compile_policies, evaluate
from zappa_iam_ext.iam.conditions.truth import Truth
from zappa_iam_ext.iam.evaluation.logic import LayerVerdict, LayerVerdicts, ResourcePolicyVerdict, combine
from zappa_iam_ext.iam.evaluation.reach import reach

SERIES = "laws"
HOW_FREE = {"explicitDeny": 0, "implicitDeny": 0, "unknown": 1, "allowed": 2}
GRAVITY = ("explicitDeny", "implicitDeny", "unknown", "allowed")

pairs = st.one_of(
    st.integers(0, 10**9).map(lambda index: pair(SERIES, index)),
    st.integers(0, 10**9).map(lambda index: with_pattern(SERIES, index)[0]),
)
chances = st.integers(0, 10**9).map(random.Random)


def ask(question, **others) -> AuthorizationRequest:
    request = question["request"] | others
    return AuthorizationRequest(
        request["principal"],
        request["action"],
        request["resource"],
        request["context"],
        frozenset(request.get("unknown_keys", ())),
    )


def decide(question, **others) -> str:
    return compile_policies(PolicySet(**question["policies"])).decide(ask(question, **others))


def documents_of(policies) -> list[list[dict]]:
    """The lists of documents in a policy set, each of which may be changed."""
    return [
        each for layer, found in policies.items() for each in (found if layer == "scp" else [found]) if each
    ]


def statements_of(document) -> list[dict]:
    found = document["Statement"]
    document["Statement"] = found if isinstance(found, list) else [found]
    return document["Statement"]


def with_statement(question, donor, chance, effect):
    """The question with one more statement of an effect in one of its documents."""
    changed = copy.deepcopy(question)
    document = chance.choice(chance.choice(documents_of(changed["policies"])))
    found = copy.deepcopy(chance.choice(statements_of(copy.deepcopy(donor["policies"]["identity"][0]))))
    found["Effect"] = effect
    if any("Principal" in item or "NotPrincipal" in item for item in statements_of(document)):
        found["Principal"] = chance.choice(("*", {"AWS": question["request"]["principal"]}))
    if chance.random() < 0.5:
        found |= {"Action": question["request"]["action"]}
        found.pop("NotAction", None)
    statements_of(document).append(found)
    return changed


@given(pairs, pairs, chances)
def test_a_deny_more_never_allows_more(question, donor, chance):
    changed = with_statement(question, donor, chance, "Deny")
    assert HOW_FREE[decide(changed)] <= HOW_FREE[decide(question)]


@given(pairs, pairs, chances)
def test_an_allow_more_never_allows_less(question, donor, chance):
    changed = with_statement(question, donor, chance, "Allow")
    assert HOW_FREE[decide(changed)] >= HOW_FREE[decide(question)]


@given(pairs, chances)
def test_the_order_of_statements_documents_and_levels_does_not_matter(question, chance):
    changed = copy.deepcopy(question)
    for found in documents_of(changed["policies"]):
        for document in found:
            chance.shuffle(statements_of(document))
        chance.shuffle(found)
    chance.shuffle(changed["policies"].get("scp", []))
    assert decide(changed) == decide(question)


@given(pairs, chances)
def test_the_order_of_a_list_does_not_matter(question, chance):
    changed = copy.deepcopy(question)
    for document in itertools.chain.from_iterable(documents_of(changed["policies"])):
        for statement in statements_of(document):
            for element in ("Action", "NotAction", "Resource", "NotResource"):
                if isinstance(statement.get(element), list):
                    chance.shuffle(statement[element])
    assert decide(changed) == decide(question)


@given(pairs)
def test_a_statement_written_twice_is_a_statement(question):
    changed = copy.deepcopy(question)
    for document in itertools.chain.from_iterable(documents_of(changed["policies"])):
        document["Statement"] = statements_of(document) * 2
    assert decide(changed) == decide(question)


@given(pairs, st.lists(pairs, min_size=1, max_size=4))
def test_the_compiled_form_decides_as_evaluate_whatever_it_was_asked_before(question, others):
    policies = PolicySet(**question["policies"])
    compiled = compile_policies(policies)
    requests = [ask(each) for each in [question, *others, question]]
    asked = [compiled.decide(request) for request in requests]
    assert asked == [evaluate(policies, request).decision for request in requests]
    assert [compiled.evaluate(request).decision for request in reversed(requests)] == asked[::-1]


@given(pairs)
def test_an_explicit_deny_names_its_statement_and_an_allow_those_that_allow(question):
    result = evaluate(PolicySet(**question["policies"]), ask(question))
    effects = {str(match.statement.effect) for match in result.matched}
    if result.decision == "explicitDeny":
        assert effects == {"Deny"}
        assert result.layer in {match.layer for match in result.matched}
    if result.decision == "allowed":
        assert effects == {"Allow"}
        assert result.layer is None


@settings(max_examples=200)
@given(st.integers(0, 10**9).map(lambda index: pair(SERIES, index)), chances)
def test_what_is_said_without_some_keys_holds_for_whatever_they_are(question, chance):
    """Keys that may be anything or absent: a decision made without them is made for every completion."""
    asked = sorted(set(KINDS) - DERIVED)
    hidden = chance.sample(asked, chance.randint(1, 4))
    context = {key: value for key, value in question["request"]["context"].items() if key not in hidden}
    claim = decide(question, context=context, unknown_keys=hidden)
    for _ in range(12):
        completion = dict(context)
        for key in hidden:
            kind, values = KINDS[key]
            if chance.random() < 0.75:
                value = chance.choice(values)
                completion[key] = [value] if kind == "list" else value
        decided = decide(question, context=completion)
        if claim == "implicitDeny":
            assert decided != "allowed"
        elif claim != "unknown":
            assert decided == claim


# ------------------------------------------------------------------ unknown keys: every value, a list too, or none

SOME_ARN, OTHER_ARN = "arn:aws:sns:eu-west-1:111122223333:news", "arn:aws:sns:us-east-1:111122223333:news"
VALUES = ("x", "", "1", "no", "true", "192.0.2.1", "2030-01-01", SOME_ARN, OTHER_ARN, "a:b", "\U00010400")
completions = st.one_of(
    st.none(), st.sampled_from(VALUES), st.lists(st.sampled_from(VALUES), max_size=2).map(tuple)
)
operators = st.builds(
    "{}{}{}".format,
    st.sampled_from(("", "", "ForAnyValue:", "ForAllValues:")),
    st.sampled_from(
        [
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
            "ArnLike",
            "ArnNotLike",
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "DateNotEquals",
            "DateGreaterThan",
            "Bool",
            "IpAddress",
            "NotIpAddress",
        ]
    ),
    st.sampled_from(("", "", "IfExists")),
) | st.just("Null")
literals = {
    "Arn": (SOME_ARN, "arn:*:sns:*:*:*", "${v}", "arn:aws:sns:${v}:111122223333:news", "news"),
    "Num": ("1", "2"),
    "Dat": ("2030-01-01", "1893456000"),
    "Boo": ("true", "no"),
    "IpA": ("192.0.2.0/24", "x"),
    "Not": ("192.0.2.0/24", "x"),
    "Nul": ("true", "false"),
    "Str": ("x", "*", "", "?", "??", "${v}", "${v}x", "${v, 'x'}", "${w}", SOME_ARN),
}


def block_of(operator):
    kind = operator.rpartition(":")[2][:3]
    return st.dictionaries(
        st.sampled_from("vwk"), st.lists(st.sampled_from(literals[kind]), min_size=1, max_size=3), max_size=2
    ).map(lambda tests: {operator: tests} if tests else {})


conditions = st.lists(operators.flatmap(block_of), max_size=2).map(
    lambda found: {name: tests for each in found for name, tests in each.items()}
)
conditional = st.builds(
    lambda effect, place, resource, condition: {
        "Effect": effect,
        "Action": "s3:GetObject",
        place: resource,
        "Condition": condition,
    },
    st.sampled_from(("Allow", "Deny")),
    st.sampled_from(("Resource", "NotResource")),
    st.sampled_from(
        (
            "*",
            "arn:aws:s3:::${v}",
            "arn:aws:s3:::x/${v}*",
            "arn:aws:${w}:::x",
            "arn:aws:s3::${v}:*x",
            "arn:aws:${v}",
        )
    ),
    conditions,
)


@settings(max_examples=400)
@given(
    st.lists(conditional, min_size=1, max_size=3),
    completions,
    completions,
    completions,
    st.sampled_from("xab:"),
)
def test_an_unknown_key_stands_for_every_value_a_list_and_none(found, of_v, of_w, of_k, end):
    """Whatever is said without some keys is said with each value that they may have."""
    compiled = compile_policies(
        PolicySet(session={"Version": "2012-10-17", "Statement": found}, identity=EVERYTHING)
    )
    known = {"v": of_v, "w": of_w, "k": of_k}

    def ask_with(hidden) -> str:
        context = {key: value for key, value in known.items() if key not in hidden}
        request = AuthorizationRequest(
            "arn:aws:iam::111122223333:user/alice",
            "s3:GetObject",
            f"arn:aws:s3:::x/{end}",
            context,
            frozenset(hidden),
        )
        return str(compiled.decide(request))

    truth = ask_with("")
    for hidden in ("v", "w", "k", "vw", "vk", "wk", "vwk"):
        claim = ask_with(hidden)
        assert claim in {"unknown", truth} or (claim, truth) == ("implicitDeny", "explicitDeny")


EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}

# ------------------------------------------------------------------ patterns as requests, against brute force

TEXTS = ["".join(text) for length in range(6) for text in itertools.product("abc", repeat=length)]
short = st.text("ab*?", min_size=1, max_size=3)
some_actions = st.lists(short.map("s3:x{}".format), min_size=1, max_size=2)
some_resources = st.lists(short.map("arn:aws:s3:::x{}".format), min_size=1, max_size=2)
statements = st.builds(
    lambda effect, act, actions, place, resources, condition: {
        "Effect": effect,
        act: actions,
        place: resources,
        "Condition": condition,
    },
    st.sampled_from(("Allow", "Allow", "Deny")),
    st.sampled_from(("Action", "Action", "NotAction")),
    some_actions,
    st.sampled_from(("Resource", "Resource", "NotResource")),
    some_resources,
    st.sampled_from(({}, {}, {"Bool": {"aws:SecureTransport": "true"}})),
)
documents = st.builds(
    lambda found: {"Version": "2012-10-17", "Statement": found}, st.lists(statements, min_size=1, max_size=3)
)
policy_sets = st.fixed_dictionaries(
    {"identity": st.lists(documents, min_size=1, max_size=2)},
    optional={"boundary": documents, "scp": documents},
)


def held_against_members(policies, action, resource):
    """The decision on a pattern is the gravest of those on its members; `unknown` is graver than allowed."""
    compiled = compile_policies(PolicySet(**policies))

    def ask_for(one_action, one_resource):
        return compiled.decide(
            AuthorizationRequest(
                "arn:aws:iam::111122223333:user/alice",
                f"s3:x{one_action}",
                f"arn:aws:s3:::x{one_resource}",
                unknown_keys={"aws:SecureTransport"},
            )
        )

    decided = {
        ask_for(one_action, one_resource)
        for one_action in members(action)
        for one_resource in members(resource)
    }
    assert ask_for(action, resource) == min(decided, key=GRAVITY.index)


def members(pattern) -> list[str]:
    plain = re.compile(pattern.replace("*", ".*").replace("?", "."))
    return [text for text in TEXTS if plain.fullmatch(text)]


@given(policy_sets, short)
def test_a_pattern_of_resources_is_decided_as_the_gravest_of_its_members(policies, resource):
    held_against_members(policies, "ab", resource)


@given(policy_sets, short)
def test_a_pattern_of_actions_is_decided_as_the_gravest_of_its_members(policies, action):
    held_against_members(policies, action, "ab")


@settings(max_examples=30)
@given(policy_sets, st.text("ab?", min_size=1, max_size=3), short)
def test_patterns_of_both_are_decided_as_the_gravest_of_their_members(policies, action, resource):
    held_against_members(policies, action, resource)


# ------------------------------------------------------------------ accounts and organizations, against brute force

truths = st.sampled_from(Truth)
seldom = st.sampled_from((*[Truth.FALSE] * 8, Truth.UNKNOWN, Truth.TRUE))
often = st.sampled_from((*[Truth.TRUE] * 3, *Truth))
verdict = st.builds(LayerVerdict, often, seldom)
PRINCIPALS = [
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:root",
    "arn:aws:sts::111122223333:assumed-role/deployer/ci",
    "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForLambda/x",
    "lambda.amazonaws.com",
]


def expected_decision(principal, truth, reach):
    """The decision where everything is known, written as the manual's chart is read: plain truths, no layers."""
    outside = principal.kind in {"service", "federated"}
    root, linked = principal.kind == "root", "AWSServiceRole" in principal.name
    bound = not outside and not root
    denies = (
        truth["resource"].denies,
        *(level.denies for level in truth["rcp"] if not linked and reach.rcp),
        *(level.denies for level in truth["scp"] if not outside and not linked),
        *((truth["session"].denies,) if not outside else ()),
        *((truth["identity"].denies, truth["boundary"].denies) if bound else ()),
    )
    if any(denies):
        return "explicitDeny"
    says = truth["resource"]
    named = says.directly or says.by_role or says.delegates
    own = root or (bound and truth["identity"].allows)
    limited = truth["session"].allows and (root or truth["boundary"].allows)
    if outside:
        granted = named
    elif reach.cross_account:
        granted = own and limited and named
    else:
        delegated = own and (says.delegates or not reach.must_itself)
        granted = ((delegated or says.by_role) and limited) or says.directly
    organization = outside or linked or all(level.allows for level in truth["scp"])
    return "allowed" if granted and organization else "implicitDeny"


def completions(value):
    """Everything that a value with unknown truths may turn out to be."""
    if isinstance(value, Truth):
        return [value] if value is not Truth.UNKNOWN else [Truth.FALSE, Truth.TRUE]
    if isinstance(value, LayerVerdict):
        return [LayerVerdict(*each) for each in itertools.product(*map(completions, value))]
    if isinstance(value, ResourcePolicyVerdict):
        parts = (value.delegates, value.by_role, value.directly, value.denies)
        return [ResourcePolicyVerdict(*each) for each in itertools.product(*map(completions, parts))]
    return [list(each) for each in itertools.product(*map(completions, value))]


@settings(max_examples=400)
@given(
    st.sampled_from(PRINCIPALS),
    st.sampled_from(["kms:decrypt", "s3:getobject", "ec2:runinstances", "sts:assumerole"]),
    st.sampled_from(["", "111122223333", "444455556666"]),
    st.booleans(),
    st.fixed_dictionaries(
        {
            "identity": verdict,
            "boundary": verdict,
            "session": st.builds(LayerVerdict, often, st.just(Truth.FALSE)),
            "resource": st.builds(ResourcePolicyVerdict, truths, truths, truths, seldom),
            "scp": st.lists(verdict, max_size=1),
            "rcp": st.lists(verdict, max_size=1),
        }
    ),
)
def test_the_combination_is_that_of_every_completion(name, action, account, known, layers):
    """An answer is given exactly where every completion of what is unknown has it, also of a policy not given."""
    principal = Principal.parse(name)
    reached = reach(principal, action, "*", account, given=known)
    if not known:
        layers = layers | {"resource": ResourcePolicyVerdict()}
    decided, _ = combine(principal, _verdicts(layers), reached)
    possible = {
        expected_decision(principal, dict(zip(layers, each, strict=True)), _given(reached))
        for each in itertools.product(*map(completions, _if_given(layers, reached, principal).values()))
    }
    if decided == "implicitDeny":
        assert "allowed" not in possible
    elif decided == "unknown":
        assert len(possible) > 1
    else:
        assert possible == {decided}
    if possible <= {"allowed"} or possible == {"explicitDeny"}:
        assert decided in possible


def _verdicts(layers) -> LayerVerdicts:
    return LayerVerdicts(
        layers["identity"],
        layers["boundary"],
        layers["session"],
        layers["resource"],
        layers["scp"],
        layers["rcp"],
    )


def _given(reached):
    return reached._replace(given=True)


def _if_given(layers, reached, principal):
    """The layers, with a policy that is not given and would decide said to be unknown."""
    if reached.given or not (reached.cross_account or not principal.has_identity_policies):
        return layers
    return layers | {"resource": ResourcePolicyVerdict(directly=Truth.UNKNOWN)}
