"""The code of every supported Zappa that runs in the function, held against the table of what the execution role needs."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import version

import pytest

from tests.support import runtime_source as runtime_source_module
from tests.support.new_runtime_rows import UNSAID, action_for, new_runtime_rows
from tests.support.runtime_source import ELSEWHERE, parts, read, runtime_source
from tests.support.zappa_source import RUNTIME, Site, Source, installed_modules, modules
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.permissions.model import Confidence, Consequence, UsedBy
from zappa_iam_ext.permissions.tables.reading import Entry, TableError, made
from zappa_iam_ext.permissions.tables.runtime_rows import NothingRow, RuntimeRow, nothing_rows, runtime_rows
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS, parse_version

INSTALLED = pytest.param("", id=f"installed {version('zappa')}")
EVERY_VERSION = [INSTALLED, *(pytest.param(name, id=name, marks=pytest.mark.slow) for name in ZAPPA_VERSIONS)]
KINDS = {"used_by": UsedBy, "consequence": Consequence, "confidence": Confidence}
_OF_THE_FUNCTION = re.compile("|".join(re.escape(name) for name in RUNTIME))

Row = RuntimeRow | NothingRow


def places(row: Row) -> set[str]:
    """Return the functions that a row names in what runs in the function: ``asynchronous.py: run, get_async_response``."""
    found, module = set(), ""
    for part in re.split(r", |; ", row.source):
        name, colon, function = part.partition(": ")
        module, function = (name, function) if colon else (module, part)
        if module in RUNTIME and re.fullmatch(r"[\w.]+", function):
            found.add(f"{module}: {function}")
    return found


def rows_of(zappa: str) -> list[Row]:
    """Return the rows of a version that say that code in the function calls something."""
    known = parse_version(zappa)
    return [
        *(row for row in runtime_rows() if row.call and row.in_version(known)),
        *(row for row in nothing_rows() if row.call),
    ]


def unknown_sites(found: Source) -> list[Site]:
    """Return the calls in the function that no row of this version knows."""
    known = {(row.call, place) for row in rows_of(found.version) for place in places(row)}
    return sorted(
        site for site in found.sites if (f"{site.service}.{site.operation}", site.place) not in known
    )


def stale_rows(found: Source) -> list[str]:
    """Return the rows of this version whose call is in none of the functions they name."""
    sites = {(f"{site.service}.{site.operation}", site.place) for site in found.sites}
    return [
        f"{row.call}: {row.source}"
        for row in rows_of(found.version)
        if not any((row.call, place) in sites for place in places(row))
    ]


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_every_call_in_the_function_has_a_row(zappa) -> None:
    missing = unknown_sites(runtime_source(zappa))
    assert not missing, (
        f"the function calls what no row knows; add, and fill in:\n\n{new_runtime_rows(missing, zappa)}"
    )


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_every_row_still_occurs(zappa) -> None:
    stale = stale_rows(runtime_source(zappa))
    assert not stale, (
        "gone from what runs in the function; give the row `until`, or correct its source:\n"
        + "\n".join(stale)
    )


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_every_function_that_a_row_names_is_there(zappa) -> None:
    found = runtime_source(zappa)
    named = {place for row in rows_of(found.version) for place in places(row)}
    assert sorted(named - found.functions) == []


def test_every_row_of_a_call_names_a_function_and_every_row_of_a_function_a_call() -> None:
    """Else the row could never be stale, and nobody would see that Zappa stopped to call it."""
    rows = [*runtime_rows(), *nothing_rows()]
    assert [row.source for row in rows if row.call and not places(row)] == []
    assert [row.source for row in runtime_rows() if places(row) and not row.call] == []


def test_rows_of_calls_are_used_by_the_function_alone() -> None:
    assert {row.used_by for row in runtime_rows() if row.call} == {UsedBy.FUNCTION}


@pytest.mark.parametrize("row", [pytest.param(row, id=row.action) for row in runtime_rows() if row.call])
def test_the_action_of_a_row_is_the_one_of_its_call(row) -> None:
    service, _, operation = row.call.partition(".")
    assert row.action == action_for(Site(service, operation, "", ""))
    assert action_definition(row.action)


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_nothing_in_the_function_escapes_the_reader(zappa) -> None:
    assert runtime_source(zappa).unread == ()


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_no_module_of_the_deployers_machine_is_imported_by_the_function(zappa) -> None:
    texts = modules(zappa) if zappa else installed_modules()
    assert set(parts(texts)) & set(ELSEWHERE) == set()
    assert {"handler.py", "asynchronous.py", "utilities.py"} <= set(parts(texts))


HANDLER = """
from zappa.utilities import {imports}
from .elsewhere import help

class LambdaHandler:
    session = None

    def handle(self, event):
        {code}
"""
UTILITIES = """
import boto3

def used(name):
    return inner(name)

def inner(name):
    boto3.client("sqs").send_message(QueueUrl=name)

def deployed(name):
    boto3.client("lambda").delete_function(FunctionName=name)
"""
ASYNCHRONOUS = """
import boto3

SNS_CLIENT = boto3.Session().client("sns")
cached = None


def made():
    global cached
    if cached is None:
        cached = boto3.client("apigatewaymanagementapi", endpoint_url="x")
    return cached


class One:
    def __init__(self, session):
        self.client = session.client("lambda")

    def send(self):
        self.client.invoke(FunctionName="f")


class Two(One):
    def __init__(self, session):
        if session:
            self.client = session.client("sns")
        else:
            self.client = SNS_CLIENT

    def send(self):
        self.client.publish(Message="m")


def answer():
    client = made()
    client.post_to_connection(Data=b"", ConnectionId="c")


def answer_at_once():
    made().delete_connection(ConnectionId="c")
"""


def sites_of(**texts: str) -> set[str]:
    found = read({name.replace("_py", ".py"): text for name, text in texts.items()}, "1.0")
    assert found.unread == ()
    return {f"{site.service}.{site.operation} in {site.place}" for site in found.sites}


@pytest.mark.parametrize(
    ("imports", "code", "expected"),
    [
        pytest.param("x", "pass", set(), id="nothing"),
        pytest.param("used", "used(event)", {"sqs.SendMessage in utilities.py: inner"}, id="what a shared module reaches by name"),
        pytest.param("deployed", "deployed(event)", {"lambda.DeleteFunction in utilities.py: deployed"}, id="another part of it"),
        pytest.param(
            "x", "s3 = self.session.resource('s3'); s3.Object('b', 'k').get()",
            {"s3.GetObject in handler.py: LambdaHandler.handle"}, id="an action of an object, without its load",
        ),
        pytest.param(
            "x", "s3 = self.session.resource('s3'); s3.Object('b', 'k').e_tag",
            {"s3.HeadObject in handler.py: LambdaHandler.handle"}, id="an attribute of an object loads it",
        ),
    ],
)  # fmt: skip
def test_the_reader_sees_what_runs_in_the_function(imports, code, expected) -> None:
    found = sites_of(
        handler_py=HANDLER.format(imports=imports, code=code), utilities_py=UTILITIES, core_py=UTILITIES
    )
    assert found == expected


def test_two_classes_hold_different_clients_under_one_name() -> None:
    assert sites_of(asynchronous_py=ASYNCHRONOUS) == {
        "lambda.Invoke in asynchronous.py: One.send",
        "sns.Publish in asynchronous.py: Two.send",
        "apigatewaymanagementapi.PostToConnection in asynchronous.py: answer",
        "apigatewaymanagementapi.DeleteConnection in asynchronous.py: answer_at_once",
    }


def test_a_call_outside_any_function_is_made_when_the_module_is_imported() -> None:
    text = 'import boto3\nclient = boto3.client("sts")\nACCOUNT = client.get_caller_identity()["Account"]\n'
    assert sites_of(websocket_py=text) == {"sts.GetCallerIdentity in websocket.py: module"}


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("getattr(self.lambda_client, 'get_' + 'function')()", id="a method found by name"),
        pytest.param("helper(self.lambda_client)", id="a client handed on"),
        pytest.param("self.session.client(event).anything()", id="a service that is not named"),
        pytest.param("self.s3_client.no_such_operation()", id="no operation of the service"),
    ],
)
def test_the_reader_tells_what_it_cannot_read(code) -> None:
    assert read({"handler.py": HANDLER.format(imports="x", code=code)}, "1.0").unread


def test_a_new_call_prints_the_whole_row_to_add(monkeypatch) -> None:
    """Action, resource as its neighbours write it, the call, its place, its version; only a person knows why."""
    texts = installed_modules() | {"websocket.py": WEBSOCKET}
    found = read(texts, version("zappa"))
    new = [site for site in unknown_sites(found) if site.module == "websocket.py"]
    monkeypatch.setattr(runtime_source_module, "installed_modules", lambda: texts)
    runtime_source.cache_clear()
    try:
        told = new_runtime_rows(new)
    finally:
        runtime_source.cache_clear()
    assert told.startswith("# to permissions/tables/runtime/websocket.toml:\n")
    (row,) = tomllib.loads(told)["runtime"]
    assert (row["used_by"], row["call"], row["action"]) == ("function", "sqs.SendMessage", "sqs:SendMessage")
    assert (row["source"], row["since"]) == ("websocket.py: send_message", version("zappa"))
    assert row["because"] == UNSAID
    with pytest.raises(TableError, match="`because`"):
        made(RuntimeRow, Entry("here", row), **KINDS)
    assert made(RuntimeRow, Entry("here", row | {"because": "Zappa queues messages"}), **KINDS)


WEBSOCKET = """
import boto3

def send_message(connection, message):
    boto3.client("sqs").send_message(QueueUrl="q", MessageBody=message)
"""


def test_a_call_that_is_gone_makes_its_row_stale() -> None:
    found = read(installed_modules() | {"websocket.py": WEBSOCKET}, version("zappa"))
    assert any("PostToConnection" in row for row in stale_rows(found))


@pytest.mark.parametrize(
    "site",
    [
        pytest.param(site, id=f"{site.service}.{site.operation} in {site.place}")
        for site in sorted(runtime_source().sites)
    ],
)
def test_without_its_row_a_call_is_unknown(site, monkeypatch) -> None:
    call = f"{site.service}.{site.operation}"
    left = [row for row in rows_of(version("zappa")) if not (row.call == call and site.place in places(row))]
    assert len(left) < len(rows_of(version("zappa")))
    monkeypatch.setattr(sys.modules[__name__], "rows_of", lambda _: left)
    assert unknown_sites(runtime_source()) == [site]
