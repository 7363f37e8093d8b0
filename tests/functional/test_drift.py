"""Zappa's source, of every supported version, held against the table of what Zappa calls: neither has more than the other."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version

import pytest

from tests.support import new_rows as new_rows_module
from tests.support.new_rows import UNSAID, new_rows, span
from tests.support.zappa_settings import read as read_settings
from tests.support.zappa_settings import settings_read
from tests.support.zappa_source import (
    DEPLOYER,
    RUNTIME,
    Site,
    Source,
    installed_modules,
    modules,
    read,
    source,
)
from zappa_iam_ext.permissions.model import Consequence
from zappa_iam_ext.permissions.tables.reading import Entry, TableError, made
from zappa_iam_ext.permissions.tables.rows import CallRow, call_rows
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS, parse_version
from zappa_iam_ext.settings.table import SettingRow, setting_rows

INSTALLED = pytest.param("", id=f"installed {version('zappa')}")
EVERY_VERSION = [INSTALLED, *(pytest.param(name, id=name, marks=pytest.mark.slow) for name in ZAPPA_VERSIONS)]
_SPEAKS_TO_AWS = re.compile(r"\bboto3\b|\bbotocore\b|boto_session|_client\b")


def places(row: CallRow) -> set[str]:
    """Return the functions that a row names: ``core.py: Zappa.a, Zappa.b, cli.py: ZappaCLI.c``."""
    found, module = set(), ""
    for part in re.sub(r"\s*\([^)]*\)", "", row.source).split(", "):
        name, colon, function = part.partition(": ")
        module, function = (name, function) if colon else (module, part)
        if "'" not in function:  # "s3transfer's TransferManager" is nothing of Zappa's
            found.add(f"{module}: {function}")
    return found


def unknown_sites(found: Source) -> list[Site]:
    """Return the calls of the source that no row of this version knows."""
    rows = [row for row in call_rows() if row.in_version(parse_version(found.version))]
    known = {(row.service, row.operation, place) for row in rows for place in places(row)}
    return sorted(site for site in found.sites if (site.service, site.operation, site.place) not in known)


def stale_rows(found: Source) -> list[str]:
    """Return the rows of this version whose call is in none of the functions they name."""
    sites = {(site.service, site.operation, site.place) for site in found.sites}
    return [
        f"{row.service}.{row.operation} of {', '.join(row.commands) or 'no command'}: {row.source}"
        for row in call_rows()
        if row.in_version(parse_version(found.version))
        and not any((row.service, row.operation, place) in sites for place in places(row))
    ]


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_every_call_of_the_source_has_a_row(zappa):
    missing = unknown_sites(source(zappa))
    assert not missing, f"Zappa calls what no row knows; add, and fill in:\n\n{new_rows(missing, zappa)}"


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_every_row_still_occurs(zappa):
    stale = stale_rows(source(zappa))
    assert not stale, "gone from Zappa's source; give the row `until`, or correct its source:\n" + "\n".join(
        stale
    )


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_every_function_a_row_names_is_there(zappa):
    found = source(zappa)
    rows = [row for row in call_rows() if row.in_version(parse_version(found.version))]
    named = {place for row in rows for place in places(row)}
    assert sorted(named - found.functions) == []


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_nothing_in_the_source_escapes_the_reader(zappa):
    assert source(zappa).unread == ()


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_modules_that_speak_to_aws_are_read_or_left_out_for_a_reason(zappa):
    texts = modules(zappa) if zappa else installed_modules()
    speaking = {
        name for name, text in texts.items() if _SPEAKS_TO_AWS.search(text) and not name.startswith("kappa/")
    }
    assert sorted(speaking - set(DEPLOYER) - set(RUNTIME)) == []


def test_the_newest_supported_version_is_the_installed_one():
    installed = version("zappa")
    assert ZAPPA_VERSIONS[-1] == installed, (
        f"a new Zappa: add {installed!r} to ZAPPA_VERSIONS in permissions/tables/versions.py"
    )


CORE = """
class Zappa:
    def __init__(self):
        self.lambda_client = self.boto_client("lambda")
        self.s3_client = self.boto_client("s3")
        self.iam = self.boto_resource("iam")

    def work(self):
        {code}
"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(
            "self.lambda_client.get_account_settings()", {"lambda.GetAccountSettings"}, id="a client's method"
        ),
        pytest.param(
            "[self.lambda_client.get_function(FunctionName=n) for n in ()]",
            {"lambda.GetFunction"},
            id="in an expression",
        ),
        pytest.param(
            "self.lambda_client.get_waiter('function_exists').wait()",
            {"lambda.GetFunction"},
            id="what a waiter polls",
        ),
        pytest.param(
            "self.lambda_client.get_paginator('list_functions')",
            {"lambda.ListFunctions"},
            id="what a paginator pages",
        ),
        pytest.param(
            "self.s3_client.download_file(1, 2, 3)",
            {"s3.HeadObject", "s3.GetObject"},
            id="a managed transfer",
        ),
        pytest.param("self.iam.Group('g').arn", {"iam.GetGroup"}, id="a resource is loaded"),
        pytest.param(
            "self.iam.create_group(GroupName='g')", {"iam.CreateGroup"}, id="an action of a resource"
        ),
        pytest.param(
            "policy = self.iam.GroupPolicy('g', 'p'); policy.put()",
            {"iam.GetGroupPolicy", "iam.PutGroupPolicy"},
            id="an action of a resource that a variable holds",
        ),
        pytest.param(
            "ec2 = self.boto_session.client('ec2'); ec2.describe_vpcs()",
            {"ec2.DescribeVpcs"},
            id="a client made on the spot",
        ),
        pytest.param(
            "self.ecr_client.get_repository_policy()", {"ecr.GetRepositoryPolicy"}, id="a client never made"
        ),
        pytest.param(
            "self.lambda_client.exceptions.TooManyRequestsException", set(), id="an exception is no call"
        ),
    ],
)
def test_the_reader_sees(code, expected):
    found = read({"core.py": CORE.format(code=code)}, "1.0")
    assert {f"{site.service}.{site.operation}" for site in found.sites} == expected
    assert found.unread == ()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("getattr(self.lambda_client, 'get_' + 'function')()", id="a method found by name"),
        pytest.param("helper(self.lambda_client)", id="a client handed on"),
        pytest.param("self.lambda_client.no_such_operation()", id="no operation of the service"),
        pytest.param("self.boto_session.client(self.service).anything()", id="a service that is not named"),
    ],
)
def test_the_reader_tells_what_it_cannot_read(code):
    assert read({"core.py": CORE.format(code=code)}, "1.0").unread


NEW_CODE = """
class ZappaCLI:
    def deploy(self):
        self.zappa.retain_logs("hello", 3)

    def update(self):
        self._again()

    def _again(self):
        self.zappa.retain_logs("hello", 3)

    def undeploy(self):
        pass


class Zappa:
    def __init__(self):
        self.logs_client = self.boto_client("logs")

    def retain_logs(self, name, days):
        self.logs_client.put_retention_policy(logGroupName=name, retentionInDays=days)
"""


def test_a_new_call_prints_the_whole_row_to_add(monkeypatch):
    """Service, operation, the commands that reach it, parameters as other rows write them, its place, its version."""
    texts = {"core.py": NEW_CODE}
    (site,) = unknown_sites(read(texts, version("zappa")))
    monkeypatch.setattr(new_rows_module, "installed_modules", lambda: texts)
    told = new_rows([site])
    assert told.startswith("# to permissions/tables/zappa_calls/logs.toml:\n")
    row = tomllib.loads(told)["call"][0]
    assert row == {
        "service": "logs",
        "operation": "PutRetentionPolicy",
        "commands": ["deploy", "update"],
        "parameters": {"logGroupName": "{log_group}", "retentionInDays": "*"},
        "because": UNSAID,
        "source": "core.py: Zappa.retain_logs",
        "on_denied": "stops",
        "since": version("zappa"),
    }
    with pytest.raises(TableError, match="`because`"):
        made(CallRow, Entry("here", row), on_denied=Consequence)
    assert made(CallRow, Entry("here", row | {"because": "Zappa keeps logs"}), on_denied=Consequence)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "since", "until"),
    [
        pytest.param("CreateAlias", "", "", id="in every version"),
        pytest.param("PutProvisionedConcurrencyConfig", "0.63.0", "", id="since a version"),
    ],
)
def test_the_row_tells_the_versions_that_make_the_call(operation, since, until):
    sites = [site for site in source().sites if site.operation == operation]
    assert (since, until) in {span(site, version("zappa")) for site in sites}


def settings_of(zappa: str) -> list[SettingRow]:
    return [row for row in setting_rows() if row.in_version(parse_version(zappa or version("zappa")))]


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_every_setting_that_the_source_reads_has_a_row(zappa):
    known = {row.name for row in settings_of(zappa)}
    missing = {
        name: sorted(places) for name, places in settings_read(zappa).names.items() if name not in known
    }
    assert not missing, "add to settings/zappa_settings.toml:\n\n" + "\n".join(
        f'[[setting]]\nname = "{name}"\ntypes = []\nsource = "{" | ".join(places)}"\n'
        for name, places in sorted(missing.items())
    )


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_every_row_of_a_setting_is_read_where_it_says(zappa):
    words = settings_read(zappa).words
    stale = [
        row.name
        for row in settings_of(zappa)
        if row.source and not any(row.steps[-1] in words.get(place, ()) for place in row.source.split(" | "))
    ]
    assert not stale, "gone from Zappa's source; give the row `until`, or correct its source"


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_no_setting_is_read_by_a_name_that_the_reader_cannot_see(zappa):
    assert settings_read(zappa).unread == ()


def test_a_row_without_a_source_is_part_of_one_that_has_one():
    named = {row.name for row in setting_rows() if row.source}
    bare = [row for row in setting_rows() if not row.source]
    parents = {row.name: ".".join(row.steps[:-1]).replace(".[]", "[]") for row in bare}
    within = {name for name, parent in parents.items() if parent in named or parents.get(parent) in named}
    assert sorted(set(parents) - within) == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("self.stage_config.get('a', 1)", {"a"}, id="with a default"),
        pytest.param("self.stage_config['a']", {"a"}, id="by its key"),
        pytest.param("'a' in self.stage_config", {"a"}, id="whether it is there"),
        pytest.param("[event['a'] for event in events]", {"events[].a"}, id="of an event"),
        pytest.param("event['event_source'].get('a')", {"events[].event_source", "events[].event_source.a"}, id="of a table in it"),
        pytest.param("x = bot_event.get('event_source'); x.get('a')", {"bot_events[].event_source", "bot_events[].event_source.a"}, id="through a variable"),
        pytest.param("self.other.get('a')", set(), id="of something else"),
    ],
)  # fmt: skip
def test_the_reader_sees_a_setting(code, expected):
    found = read_settings({"cli.py": f"class ZappaCLI:\n    def load(self, events):\n        {code}\n"})
    assert (set(found.names), found.unread) == (expected, ())


def test_the_reader_tells_of_a_setting_that_it_cannot_name():
    code = "class ZappaCLI:\n    def load(self, name):\n        self.stage_config.get('x' + name)\n"
    assert read_settings({"cli.py": code}).unread
