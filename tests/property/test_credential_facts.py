"""Law: what the facts of the credentials decide, AWS's own full request decides the same way."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.aws.credentials.facts import Credential, facts_of
from zappa_iam_ext.iam import (
    AuthorizationRequest,
    Decision,
    PolicyDocument,
    PolicySet,
    Principal,
    compile_policies,
)

USER = Principal.parse("arn:aws:iam::123456789012:user/jane")
ROLE = Principal.parse("arn:aws:sts::123456789012:assumed-role/deploy/ci").of_role(
    "arn:aws:iam::123456789012:role/deploy"
)
MFA, AGE, ISSUED = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime"
TEAM, COST = "aws:PrincipalTag/team", "aws:PrincipalTag/Cost"
VALUES = {
    "Bool": [(MFA, ["true", "false"])],
    "NumericLessThan": [(AGE, ["100", "3600"])],
    "DateLessThan": [(ISSUED, ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"])],
    "StringEquals": [
        (TEAM, ["web", "db"]), (COST, ["1", "2"]), ("aws:username", ["jane", "bob"]),
        ("aws:userid", ["AIDA1", "AROA1:ci"]), ("aws:SourceIdentity", ["jane"]), ("aws:FederatedProvider", ["x"]),
    ],
}  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    operator = draw(st.sampled_from([*VALUES, "StringNotEquals", "Null"]))
    if operator == "Null":
        key = draw(st.sampled_from([key for rows in VALUES.values() for key, _ in rows]))
        return {"Null": {key: draw(st.sampled_from(["true", "false"]))}}
    key, values = draw(st.sampled_from(VALUES["StringEquals" if "String" in operator else operator]))
    suffix = draw(st.sampled_from(["", "IfExists"]))
    return {operator + suffix: {key: draw(st.sampled_from(values))}}


@st.composite
def documents(draw: st.DrawFn) -> PolicyDocument:
    statements: list[dict[str, Any]] = []
    for effect in draw(st.lists(st.sampled_from(["Allow", "Deny"]), min_size=1, max_size=4)):
        found: dict[str, Any] = {"Effect": effect, "Action": "lambda:*", "Resource": "*"}
        if draw(st.booleans()):
            found["Condition"] = draw(conditions())
        statements.append(found)
    return PolicyDocument.from_dict({"Version": "2012-10-17", "Statement": statements})


@st.composite
def requests(draw: st.DrawFn) -> tuple[Credential, dict[str, str]]:
    """Return what is known of credentials, and the context that AWS then sees, by the manual's rules."""
    tags = draw(st.dictionaries(st.sampled_from(["Team", "cost"]), st.sampled_from(["web", "1"])))
    context = {f"aws:PrincipalTag/{key}": value for key, value in tags.items()}
    known = draw(st.sampled_from([tags, None]))
    kind = draw(st.sampled_from(["key", "session", "session with MFA", "role", "role begun here"]))
    if kind == "key":
        return Credential(USER, "AIDA1", temporary=False, tags=known), {**context, "aws:userid": "AIDA1"}
    issued = draw(st.sampled_from(["2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z"]))
    context |= {ISSUED: issued}
    if kind.startswith("session"):
        context |= {"aws:userid": "AIDA1"}
        mfa = kind == "session with MFA"
        context |= {MFA: "true", AGE: draw(st.sampled_from(["50", "5000"]))} if mfa else {MFA: "false"}
        return Credential(USER, "AIDA1", mfa=draw(st.sampled_from([None, mfa])), tags=known), context
    context |= {"aws:userid": "AROA1:ci"} | draw(st.sampled_from([{}, {MFA: "false"}]))
    if kind == "role begun here":
        return Credential(ROLE, "AROA1:ci", tags=known, from_long_term_key=True, issued=issued), context
    context |= draw(st.sampled_from([{}, {TEAM: "db"}, {"aws:SourceIdentity": "jane"}]))
    if "aws:PrincipalTag/Team" in context and TEAM in context:
        del context["aws:PrincipalTag/Team"]
    provider = draw(st.sampled_from(["", "x"]))
    context |= {"aws:FederatedProvider": provider} if provider else {}
    return Credential(ROLE, "AROA1:ci", tags=known, provider=provider), context


@given(st.lists(documents(), min_size=1, max_size=3), requests())
def test_what_the_facts_decide_the_full_request_decides_too(held, request_of):
    credential, full = request_of
    credential = Credential(
        **{name: getattr(credential, name) for name in credential.__slots__ if name != "documents"},
        documents=tuple(held),
    )
    policies = compile_policies(PolicySet(identity=tuple(held)))
    action, resource = "lambda:GetFunction", "arn:aws:lambda:us-east-1:123456789012:function:hello"
    known = policies.decide(
        AuthorizationRequest(
            credential.principal, action, resource, facts_of(credential), unknown_context=True
        )
    )
    truth = policies.decide(AuthorizationRequest(credential.principal, action, resource, full))
    if known is not Decision.UNKNOWN:
        assert (known is Decision.ALLOWED) is (truth is Decision.ALLOWED)
    if known is Decision.EXPLICIT_DENY:
        assert truth is Decision.EXPLICIT_DENY


@given(st.lists(documents(), min_size=1, max_size=3))
def test_a_long_term_key_leaves_nothing_open(held):
    credential = Credential(USER, "AIDA1", temporary=False, tags={"team": "web"}, documents=tuple(held))
    request = AuthorizationRequest(
        USER,
        "lambda:GetFunction",
        "arn:aws:lambda:us-east-1:123456789012:function:hello",
        facts_of(credential),
        unknown_context=True,
    )
    assert compile_policies(PolicySet(identity=tuple(held))).decide(request) is not Decision.UNKNOWN
