"""Rules of conditions that real AWS was seen to follow, and their neighbours, under an Allow and under a Deny.

The recordings are ``tests/cases/observed/conditions.json``; each row names what it shows.
"""

from __future__ import annotations

import pytest

from zappa_iam_ext.iam import AuthorizationRequest, PolicySet, evaluate

USER = "arn:aws:iam::111122223333:user/alice"
ARN = "arn:aws:sns:eu-west-1:111122223333:news"
HOLDS, FAILS, ENDS = (
    ("allowed", "explicitDeny"),
    ("implicitDeny", "allowed"),
    ("implicitDeny", "explicitDeny"),
)
UNKNOWN = ("unknown", "unknown")


def decisions(condition, context, *, unknown=(), **others) -> tuple[str, str]:
    """What an Allow decides that has the condition, and a Deny beside an Allow of everything."""
    return tuple(
        str(
            evaluate(
                PolicySet(
                    session=document([*given, one | others | {"Condition": condition}]),
                    identity=document([ALL]),
                ),
                AuthorizationRequest(USER, "s3:GetObject", "arn:aws:s3:::code/app.zip", context, unknown),
            ).decision
        )
        for given, one in (([], ALL), ([ALL], ALL | {"Effect": "Deny"}))
    )


def document(statements):
    return {"Version": "2012-10-17", "Statement": statements}


ALL = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
EQUALITY = [
    ("StringEquals", "StringNotEquals", "x"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "x"),
    ("StringLike", "StringNotLike", "x"),
    ("ArnEquals", "ArnNotEquals", ARN),
    ("ArnLike", "ArnNotLike", ARN),
    ("NumericEquals", "NumericNotEquals", "1"),
    ("DateEquals", "DateNotEquals", "2030-01-01"),
    ("IpAddress", "NotIpAddress", "192.0.2.1"),
    ("Bool", None, "true"),
    ("BinaryEquals", None, "YQ=="),
    ("NumericLessThanEquals", None, "1"),
    ("DateGreaterThanEquals", None, "2030-01-01"),
]
OPERATORS = [(name, value) for equal, different, value in EQUALITY for name in (equal, different) if name]
TEXTUAL = [each for each in EQUALITY if each[0].startswith(("String", "Arn"))]


@pytest.mark.parametrize("many", [0, 1, 2])
@pytest.mark.parametrize("suffix", ["", "IfExists"])
@pytest.mark.parametrize(("operator", "value"), OPERATORS)
def test_a_key_sent_as_a_list_matches_no_operator_without_a_set_qualifier(operator, value, suffix, many):
    for sent in (value, "other"):
        assert decisions({operator + suffix: {"k": value}}, {"k": [sent] * many}) == FAILS


@pytest.mark.parametrize(("operator", "value"), OPERATORS)
def test_a_set_qualifier_takes_a_single_value_for_a_list_of_one(operator, value):
    for qualifier in ("ForAnyValue:", "ForAllValues:"):
        for context in ({"k": value}, {"k": "2"}):
            assert decisions({qualifier + operator: {"k": value}}, context) == decisions(
                {operator: {"k": value}}, context
            )


@pytest.mark.parametrize("sent", ["single", "list"])
@pytest.mark.parametrize("context", [{}, {"v": ["x"]}, {"v": []}, {"v": None}], ids=str)
@pytest.mark.parametrize("template", ["${v}", "pre-${v}", "${v}${w}"])
@pytest.mark.parametrize("operators", TEXTUAL, ids=lambda each: each[0])
def test_a_variable_without_a_value_matches_nothing_and_a_negated_test_holds(
    operators, template, context, sent
):
    equal, different, value = operators
    given = {"k": value, "w": "x"} | context
    if sent == "list":
        given["k"] = [value]
    for qualifier in (
        ("ForAnyValue:", "ForAllValues:") if sent == "list" else ("", "ForAnyValue:", "ForAllValues:")
    ):
        assert decisions({qualifier + equal: {"k": template}}, given) == FAILS
        assert decisions({qualifier + different: {"k": template}}, given) == HOLDS
        assert decisions({qualifier + equal: {"k": [template, value]}}, given) == HOLDS
        assert decisions({qualifier + different: {"k": [template, value]}}, given) == FAILS


VARIABLES = [
    pytest.param("${v, 'x'}", {}, HOLDS, id="an absent key gives its default"),
    pytest.param("${v, 'x'}", {"v": ["y"]}, FAILS, id="a list gives no value, not even the default"),
    pytest.param("${v, 'x'}", {"v": []}, FAILS, id="an empty list neither"),
    pytest.param("${v, 'y'}", {"v": "x"}, HOLDS, id="a value comes before the default"),
    pytest.param("${v}x", {"v": ""}, HOLDS, id="an empty string is a value"),
    pytest.param("${v, ''}x", {}, HOLDS, id="an empty default is a value"),
]


@pytest.mark.parametrize(("template", "context", "expected"), VARIABLES)
def test_a_variable_with_a_default(template, context, expected):
    assert decisions({"StringEquals": {"k": template}}, {"k": "x"} | context) == expected


RESOURCES = [
    pytest.param(
        "Resource", "arn:aws:s3:::code/${v}*", {}, FAILS, id="a resource without value matches none"
    ),
    pytest.param(
        "NotResource", "arn:aws:s3:::code/${v}*", {}, HOLDS, id="a NotResource without value spares none"
    ),
    pytest.param(
        "NotResource", "arn:aws:s3:::${v}", {"v": ["code/app.zip"]}, HOLDS, id="a list is no value here"
    ),
    pytest.param("Resource", "arn:aws:s3:::${v}", {"v": "code/app.zip"}, HOLDS, id="a value is filled in"),
    pytest.param("NotResource", "arn:aws:s3:::${v, 'code'}/*", {}, FAILS, id="a default spares"),
]


@pytest.mark.parametrize(("element", "resource", "context", "expected"), RESOURCES)
def test_a_resource_with_a_variable(element, resource, context, expected):
    one = {"Effect": "Allow", "Action": "s3:*", element: resource}
    asked = AuthorizationRequest(USER, "s3:GetObject", "arn:aws:s3:::code/app.zip", context)
    allow = evaluate(PolicySet(identity=document([one])), asked).decision
    deny = evaluate(PolicySet(identity=document([ALL, one | {"Effect": "Deny"}])), asked).decision
    assert (allow, deny) == expected


def test_an_unknown_variable_of_a_notresource_leaves_alone_what_it_can_never_spare():
    one = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::${v}/x"}
    for resource, expected in (("arn:aws:s3:::code/app.zip", "allowed"), ("arn:aws:s3:::code/x", "unknown")):
        asked = AuthorizationRequest(USER, "s3:GetObject", resource, unknown_keys=frozenset({"v"}))
        assert evaluate(PolicySet(identity=document([one])), asked).decision == expected


IP, ARNS = "192.0.2.0/24", "arn:aws:sns:*:*:news"
READ = [
    ("a mapped request address is IPv4", {"IpAddress": {"k": IP}}, "::FFFF:c000:201", HOLDS),
    ("a dotted mapped address is IPv4", {"IpAddress": {"k": IP}}, "::ffff:192.0.2.1", HOLDS),
    ("a mapped network is IPv6 and holds no mapped address", {"IpAddress": {"k": "::ffff:0:0/96"}}, "::ffff:1:1", FAILS),
    ("another dotted tail is unreadable", {"NotIpAddress": {"k": IP}}, "::192.0.2.1", FAILS),
    ("a request address takes no prefix length", {"NotIpAddress": {"k": "10.0.0.0/8"}}, "192.0.2.1/32", FAILS),
    ("an IPv6 network with host bits matches nothing", {"NotIpAddress": {"k": "2001:db8::5/64"}}, "2001:db8::5", HOLDS),
    ("an IPv4 network may have host bits", {"IpAddress": {"k": "192.0.2.9/24"}}, "192.0.2.1", HOLDS),
    ("a /0 of IPv4 is all of IPv4", {"IpAddress": {"k": "192.0.2.9/0"}}, "203.0.113.1", HOLDS),
    ("leading zeros are decimal", {"IpAddress": {"k": "010.000.000.8"}}, "10.0.0.8", HOLDS),
    ("a prefix length takes a plus and zeros", {"IpAddress": {"k": "192.0.2.0/+024"}}, "192.0.2.1", HOLDS),
    ("an empty group is zero", {"IpAddress": {"k": "::1"}}, ":::1", HOLDS),
    ("a colon at the end is dropped", {"IpAddress": {"k": "1:2:3:4:5:6:7:8"}}, "1:2:3:4:5:6:7:8:", HOLDS),
    ("two gaps are unreadable", {"NotIpAddress": {"k": "::/0"}}, "1::2::3", FAILS),
    ("a gap of four colons is unreadable", {"NotIpAddress": {"k": "::/0"}}, "1::::3", FAILS),
    ("nine groups are unreadable", {"NotIpAddress": {"k": "10.0.0.0/8"}}, "1:2:3:4:5:6:7:8:9", FAILS),
    ("a group of five digits is unreadable", {"NotIpAddress": {"k": "10.0.0.0/8"}}, "2001:0db80::1", FAILS),
    ("an octet above 255 is unreadable", {"NotIpAddress": {"k": "10.0.0.0/8"}}, "192.0.2.256", FAILS),
    ("a negative prefix length is none", {"NotIpAddress": {"k": "192.0.2.0/-1"}}, "192.0.2.1", HOLDS),
    ("an empty prefix length is none", {"NotIpAddress": {"k": "192.0.2.1/"}}, "192.0.2.1", HOLDS),
    ("a value that is no ARN fails a negated test", {"ArnNotEquals": {"k": ARNS}}, "arn:aws:sns", FAILS),
    ("an ARN that a pattern does not match", {"ArnNotEquals": {"k": ARNS}}, "arn:aws:sns:a:b:old", HOLDS),
    ("a star is any ARN", {"ArnLike": {"k": "*"}}, ARN, HOLDS),
    ("a star is not what is no ARN", {"ArnLike": {"k": "*"}}, "news", FAILS),
    ("a value of the policy that is no ARN ends the test", {"ArnEquals": {"k": "news"}}, ARN, ENDS),
    ("an ARN that has lost parts ends the test", {"ArnNotLike": {"k": "arn:aws:sns:*:news"}}, ARN, ENDS),
    ("what ends the test comes too late behind a match", {"ArnLike": {"k": [ARNS, "x"]}}, ARN, HOLDS),
    ("what ends the test comes first before a match", {"ArnLike": {"k": ["x", ARNS]}}, ARN, ENDS),
    ("a negated test that is decided is not ended", {"ArnNotLike": {"k": [ARNS, "x"]}}, ARN, FAILS),
    ("no number is unequal to every number", {"NumericNotEquals": {"k": "1"}}, "one", HOLDS),
    ("no number is not less", {"NumericLessThan": {"k": "1"}}, "", FAILS),
    ("white space makes a number none", {"NumericEquals": {"k": "1"}}, " 1", FAILS),
    ("a large exponent is a number", {"NumericGreaterThan": {"k": "1e9998"}}, "1e9999", HOLDS),
    ("a sign, a bare point and an exponent", {"NumericEquals": {"k": "-.5e+1"}}, "-5.", HOLDS),
    ("no date is unequal to every date", {"DateNotEquals": {"k": "2030-01-01"}}, "", HOLDS),
    ("no date is not before", {"DateLessThan": {"k": "2030-01-01"}}, "never", FAILS),
    ("a thirteenth month is no date", {"DateNotEquals": {"k": "2030-01-01"}}, "2030-13-01", HOLDS),
    ("dates compare in whole milliseconds", {"DateLessThan": {"k": "2030-01-01T00:00:00.1239Z"}}, "2030-01-01T00:00:00.1231Z", FAILS),
    ("a millisecond is a difference", {"DateLessThan": {"k": "2030-01-01T00:00:00.124Z"}}, "2030-01-01T00:00:00.123Z", HOLDS),
    ("seconds take a sign", {"DateEquals": {"k": "1969-12-31T23:59:59Z"}}, "-1", HOLDS),
    ("any text but true is false", {"Bool": {"k": "false"}}, "TRUE ", HOLDS),
    ("any text but true is false in the policy", {"Bool": {"k": "no"}}, "false", HOLDS),
    ("and is not true", {"Bool": {"k": "1"}}, "true", FAILS),
    ("Null takes any text but true as false", {"Null": {"k": "no"}}, "", HOLDS),
    ("unpadded base64 equals nothing", {"BinaryEquals": {"k": "YQ=="}}, "YQ", FAILS),
    ("unused bits of base64 count", {"BinaryEquals": {"k": "YQ=="}}, "YR==", FAILS),
    ("a question mark is half of a character beyond U+FFFF", {"StringLike": {"k": "a?"}}, "a\U00010400", FAILS),
    ("two are one", {"StringLike": {"k": "a??"}}, "a\U00010400", HOLDS),
    ("such a character itself is matched whole", {"StringLike": {"k": "\U00010400*?"}}, "\U00010400b", HOLDS),
    ("such characters keep their case", {"StringEqualsIgnoreCase": {"k": "A\U00010400"}}, "a\U00010428", FAILS),
    ("letters beside them do not", {"StringEqualsIgnoreCase": {"k": "A\U00010400"}}, "a\U00010400", HOLDS),
    ("a sharp s is no double s", {"StringEqualsIgnoreCase": {"k": "SS"}}, "\u00df", FAILS),
    ("a dotted capital i is two letters", {"StringEqualsIgnoreCase": {"k": "\u0130\U00010400"}}, "i\u0307\U00010400", HOLDS),
]  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "value", "expected"), [pytest.param(*row[1:], id=row[0]) for row in READ]
)
def test_what_is_readable(condition, value, expected):
    assert decisions(condition, {"k": value}) == expected


SETS = [
    ("ForAllValues compares an empty string", "ForAllValues:StringEquals", "x", [""], FAILS),
    ("ForAllValues compares it beside others", "ForAllValues:StringEquals", "x", ["x", ""], FAILS),
    ("an empty string equals one", "ForAllValues:StringEquals", "", [""], HOLDS),
    ("ForAllValues holds for no value", "ForAllValues:StringEquals", "x", [], HOLDS),
    ("ForAnyValue fails for no value", "ForAnyValue:StringNotEquals", "x", [], FAILS),
    ("each value is read on its own", "ForAnyValue:NotIpAddress", "10.0.0.0/8", ["x", "192.0.2.1"], HOLDS),
    ("an unreadable one fails ForAllValues", "ForAllValues:NotIpAddress", "10.0.0.0/8", ["x", "192.0.2.1"], FAILS),
    ("no number is unequal in a set", "ForAllValues:NumericNotEquals", "1", ["x", "2"], HOLDS),
    ("no ARN fails ForAllValues", "ForAllValues:ArnNotLike", ARNS, ["x", "arn:aws:sns:a:b:old"], FAILS),
    ("a decided set is not ended", "ForAnyValue:ArnLike", [ARNS, "x"], [ARN, "arn:aws:sns:a:b:old"], HOLDS),
    ("a set is ended by the first value that meets no ARN", "ForAnyValue:ArnLike", [ARNS, "x"], ["arn:aws:sns:a:b:old", ARN], ENDS),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operator", "wanted", "sent", "expected"), [pytest.param(*row[1:], id=row[0]) for row in SETS]
)
def test_a_set(operator, wanted, sent, expected):
    assert decisions({operator: {"k": wanted}}, {"k": sent}) == expected


UNSURE = [
    (
        "a variable that may be no ARN can end the test before a match",
        {"ArnLike": {"k": ["${v}", ARNS]}},
        ("unknown", "explicitDeny"),
    ),
    ("but not behind one", {"ArnLike": {"k": [ARNS, "${v}"]}}, HOLDS),
    (
        "a text that matches is enough, whatever the variable is",
        {"StringLike": {"k": ["${v}", "arn:*"]}},
        HOLDS,
    ),
    ("a negated one likewise", {"StringNotLike": {"k": ["${v}", "arn:*"]}}, FAILS),
    ("alone it is unknown", {"StringNotEquals": {"k": "${v}"}}, UNKNOWN),
    ("a list may come of it", {"StringEquals": {"v": "x"}}, UNKNOWN),
]


@pytest.mark.parametrize(("condition", "expected"), [pytest.param(*row[1:], id=row[0]) for row in UNSURE])
def test_an_unknown_variable(condition, expected):
    assert decisions(condition, {"k": ARN}, unknown=frozenset({"v"})) == expected


def test_beside_what_ends_a_test_no_other_surely_spares_from_a_deny():
    """Which of them AWS looks at first was not recorded."""
    other = {"StringEquals": {"j": "x"}}
    for ended in ({"ArnLike": {"k": "news"}}, {"ArnNotLike": {"k": "${v}"}}):
        assert decisions(ended | other, {"k": ARN, "j": "y", "v": "z"}) == ("implicitDeny", "unknown")
        assert decisions(other | ended, {"k": ARN, "j": "y", "v": "z"}) == ("implicitDeny", "unknown")
        assert decisions(ended | other, {"k": "news", "j": "y", "v": "z"}) == FAILS
        assert decisions(ended | other, {"k": ARN, "j": "x", "v": "z"}) == ENDS
    assert decisions({"ArnLike": {"k": "${v}"}} | other, {"k": ARN, "j": "y"}) == FAILS
    assert decisions({"ArnLike": {"k": [ARNS, "news"]}} | other, {"k": ARN, "j": "y"}) == FAILS
