"""Our own calls are rows too: the table against our source, and what is derived from it."""

from __future__ import annotations

import pytest

from tests.support.own_source import own_sites
from tests.support.service_definitions import operation, unknown_names
from zappa_iam_ext.aws.self_inspection import self_inspection_grants
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, Principal, evaluate
from zappa_iam_ext.permissions.authorizations import Scope, authorize, is_known
from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.permissions.own_calls import self_inspection
from zappa_iam_ext.permissions.tables.own_rows import own_call_rows

ROWS = own_call_rows()
ACCOUNT = "123456789012"
SCOPE = Scope(ACCOUNT, "us-east-1")


def name_of(row) -> str:
    return f"{row.service}.{row.operation} of {row.source}"


def test_every_call_in_our_source_has_a_row_and_every_row_a_call():
    sites, unread = own_sites()
    assert unread == ()
    made = {(site.service, site.operation, site.place) for site in sites}
    told = {(row.service, row.operation, row.source) for row in ROWS}
    assert sorted(made - told) == [], "add a row to permissions/tables/own_calls/"
    assert sorted(told - made) == [], (
        "gone from our source: take the row out of permissions/tables/own_calls/"
    )


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("iam.get_user(UserName='a')", id="a method"),
        pytest.param("self._iam.get_user(UserName='a')", id="a method of a client that is kept"),
        pytest.param(
            "retry(lambda: iam.get_user(UserName='a'))", id="a method in a function in the function"
        ),
        pytest.param("retry(iam.get_user)", id="a method that is handed on"),
    ],
)
def test_the_reader_sees(code):
    sites, unread = own_sites({"aws/a.py": f"class A:\n    def f(self, iam):\n        {code}\n"})
    assert {(site.service, site.operation, site.place) for site in sites} == {
        ("iam", "GetUser", "aws/a.py: A.f")
    }
    assert unread == ()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("getattr(iam, 'get_' + kind)()", id="a method found by name"),
        pytest.param(
            "iam.get_paginator(f'list_{kind}_policies')", id="a paginator whose name is put together"
        ),
        pytest.param("self._pages(f'list_{kind}_policies')", id="pages whose name is put together"),
        pytest.param("iam.fly()", id="no operation"),
    ],
)
def test_the_reader_tells_what_it_cannot_read(code):
    assert own_sites({"aws/a.py": f"def f(iam, kind):\n    {code}\n"})[1]


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_the_operation_its_parameters_and_what_aws_checks_for_it_are_known(row):
    model = operation(row.service, row.operation)
    assert model is not None
    assert list(unknown_names(model.input_shape, row.parameters)) == []
    nothing = (row.service, row.operation) == (
        "sts",
        "GetCallerIdentity",
    )  # STS API Reference: no permission is required
    assert is_known(Call(row.service, row.operation)) is not nothing, (
        "add a row to permissions/tables/authorizations/"
    )


@pytest.mark.parametrize("row", [row for row in ROWS if row.principals], ids=name_of)
def test_what_inspects_itself_reads_only(row):
    assert row.operation.startswith(("Get", "List", "Simulate"))


@pytest.mark.parametrize(
    ("kind", "path"), [("user", "/"), ("user", "/team/a/"), ("role", "/"), ("role", "/service/")]
)
def test_the_grants_allow_what_a_principal_asks_of_itself_and_nothing_of_others(kind, path):
    document = PolicyDocument(self_inspection_grants("aws", ACCOUNT, "me", path=path, role=kind == "role"))
    policies = PolicySet(identity=(document,))
    who = Principal.parse(f"arn:aws:iam::{ACCOUNT}:{kind}{path}me")
    for row in ROWS:
        names = {
            "user": f"{path}me".lstrip("/"),
            "role": f"{path}me".lstrip("/"),
            "account": ACCOUNT,
            "partition": "aws",
        }
        for requirement in authorize(Call(row.service, row.operation, row.fill(names)), SCOPE):
            request = AuthorizationRequest(who, requirement.action, requirement.resource)
            allowed = evaluate(policies, request).decision is Decision.ALLOWED
            own = kind in row.principals
            shared = {other.operation for other in ROWS if kind in other.principals}
            assert allowed if own else not allowed or row.operation in shared, requirement
    for action in (f"iam:Get{kind.title()}", f"iam:ListAttached{kind.title()}Policies"):
        request = AuthorizationRequest(who, action, f"arn:aws:iam::{ACCOUNT}:{kind}/another")
        assert evaluate(policies, request).decision is Decision.IMPLICIT_DENY


def test_a_principal_that_is_not_known_is_a_star():
    resources = {requirement.resource for _, requirement in self_inspection("user", "*", SCOPE)}
    assert f"arn:aws:iam::{ACCOUNT}:user/*" in resources
