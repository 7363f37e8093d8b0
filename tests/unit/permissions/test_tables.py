"""A table that cannot be right is refused when it is read: which file, which row, and what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.stages import stage
from zappa_iam_ext.permissions.calls import _names
from zappa_iam_ext.permissions.model import Command, Confidence, Consequence, OwnConsequence
from zappa_iam_ext.permissions.tables import reading
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS
from zappa_iam_ext.permissions.tables.filters import FILTERS
from zappa_iam_ext.permissions.tables.own_rows import OwnCallRow
from zappa_iam_ext.permissions.tables.reading import PARTS, Entry, TableError, made, parts, read
from zappa_iam_ext.permissions.tables.rows import (
    AuthorizationRow,
    CallRow,
    ResourceRow,
    TemplateRow,
    call_rows,
    template_rows,
)

CALL = {
    "service": "lambda",
    "operation": "GetFunction",
    "commands": ["deploy"],
    "because": "Zappa looks",
    "source": "core.py: Zappa.a",
    "on_denied": "stops",
}
TEMPLATE = {"name": "Api", "type": "AWS::ApiGateway::RestApi", "source": "core.py: Zappa.a"}
CHECK = {"operation": "lambda.GetFunction", "action": "lambda:GetFunction", "resource": "*", "source": "AWS"}
RESOURCE = {
    "type": "AWS::ApiGateway::RestApi",
    "handlers": ["create"],
    "action": "apigateway:POST",
    "resource": "*",
    "because": "CloudFormation makes it",
    "source": "AWS",
}
PLACE = "permissions/tables/zappa_calls/function.toml, line 7"


def refusal(cls, values) -> str:
    kinds = {CallRow: {"on_denied": Consequence}, TemplateRow: {}}.get(cls, {"confidence": Confidence})
    with pytest.raises(TableError) as refused:
        made(cls, Entry(PLACE, values), **kinds)
    return str(refused.value)


@pytest.mark.parametrize(
    ("cls", "values", "named"),
    [
        pytest.param(CallRow, CALL | {"when": ["fly"]}, ["'fly'", "`when`", "FEATURES in permissions/tables/features.py"], id="a feature that there is not"),
        pytest.param(CallRow, CALL | {"when": ["!fly"]}, ["'fly'", "`when`", "features.py"], id="the contrary of a feature that there is not"),
        pytest.param(TemplateRow, TEMPLATE | {"when": ["fly"]}, ["'fly'", "`when`", "features.py"], id="a feature that there is not, in a template row"),
        pytest.param(CallRow, CALL | {"each": "flies"}, ["'flies'", "`each`", "COLLECTIONS in permissions/tables/collections.py"], id="a collection that there is not"),
        pytest.param(CallRow, CALL | {"parameters": {"A": "{x|fly}"}}, ["'fly'", "FILTERS in permissions/tables/filters.py"], id="a filter that there is not"),
        pytest.param(CallRow, CALL | {"parameters": {"A": {"B": ["{x|fly}"]}}}, ["'fly'", "filters.py"], id="a filter that there is not, deep inside"),
        pytest.param(AuthorizationRow, CHECK | {"resource": "arn:{Name|fly}"}, ["'fly'", "filters.py"], id="a filter that there is not, in a resource"),
        pytest.param(AuthorizationRow, CHECK | {"context": {"a:B": "{Name|fly}"}}, ["'fly'", "filters.py"], id="a filter that there is not, in a condition key"),
        pytest.param(ResourceRow, RESOURCE | {"resource": "arn:{Name|fly}"}, ["'fly'", "filters.py"], id="a filter that there is not, of a stack's resource"),
        pytest.param(CallRow, CALL | {"parameters": {"A": "{x|Function}"}}, ["brace", "{x|Function}"], id="a filter in capitals"),
        pytest.param(CallRow, CALL | {"parameters": {"A": "a-{x"}}, ["brace"], id="a brace that nothing closes"),
        pytest.param(CallRow, CALL | {"commands": ["deploi"]}, ["'deploi'", "`commands`", "COMMANDS in permissions/commands.py"], id="no command of Zappa"),
        pytest.param(CallRow, CALL | {"commands": []}, ["`commands` is empty", "`omitted`"], id="no command, and no reason"),
        pytest.param(CallRow, CALL | {"since": "9.9.9"}, ["'9.9.9'", "ZAPPA_VERSIONS in permissions/tables/versions.py"], id="no release of Zappa, since"),
        pytest.param(CallRow, CALL | {"until": "0.61.9"}, ["'0.61.9'", "versions.py"], id="no release of Zappa, until"),
        pytest.param(TemplateRow, TEMPLATE | {"since": "9.9.9"}, ["'9.9.9'", "versions.py"], id="no release of Zappa, in a template row"),
        pytest.param(CallRow, CALL | {"on_denied": "silent"}, ["`symptom`"], id="silent, and nothing is wrong"),
        pytest.param(CallRow, CALL | {"because": "Zappa ..."}, ["`because` is not filled in"], id="pasted and not filled in"),
        pytest.param(CallRow, CALL | {"on_denied": "explodes"}, ["explodes"], id="no consequence"),
        pytest.param(AuthorizationRow, CHECK | {"source": "Service Authorization Reference: ..."}, ["`source` is not filled in"], id="a check pasted and not filled in"),
        pytest.param(AuthorizationRow, CHECK | {"confidence": "guessed"}, ["guessed"], id="no confidence"),
        pytest.param(CallRow, CALL | {"sinse": "0.63.0"}, ["'sinse'", "since"], id="a key misspelt"),
        pytest.param(CallRow, {k: v for k, v in CALL.items() if k != "because"}, ["'because' is missing"], id="a key left out"),
        pytest.param(ResourceRow, RESOURCE | {"handlers": ["make"]}, ["'make'", "create"], id="no phase of a resource"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_right_is_refused(cls, values, named):
    told = refusal(cls, values)
    assert told.startswith(PLACE)
    for word in (*named, values.get("operation") or values.get("name") or values["type"]):
        assert word in told


def test_a_part_that_stands_in_no_order_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "files", lambda _: tmp_path)
    (tmp_path / "zappa_calls").mkdir()
    for part in (*PARTS["zappa_calls"], "metrics"):
        (tmp_path / "zappa_calls" / f"{part}.toml").touch()
    with pytest.raises(
        TableError, match=r"zappa_calls/metrics\.toml .* add 'metrics' to PARTS\['zappa_calls'\]"
    ):
        parts("zappa_calls")
    (tmp_path / "zappa_calls" / "metrics.toml").unlink()
    assert parts("zappa_calls") == PARTS["zappa_calls"]
    (tmp_path / "zappa_calls" / "logs.toml").unlink()
    with pytest.raises(
        TableError, match=r"names 'logs', and there is no permissions/tables/zappa_calls/logs\.toml"
    ):
        parts("zappa_calls")


def test_a_file_that_is_no_toml_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "files", lambda _: tmp_path)
    monkeypatch.setattr(reading, "PARTS", {"zappa_calls": ("broken",)})
    (tmp_path / "zappa_calls").mkdir()
    (tmp_path / "zappa_calls" / "broken.toml").write_text("[[call]\n")
    with pytest.raises(TableError, match=r"zappa_calls/broken\.toml: "):
        list(read("zappa_calls", "call"))


def test_the_place_of_a_row_is_its_line():
    entry = next(item for item in read("authorizations", "authorization") if "/sns.toml" in item.place)
    line = int(entry.place.rpartition("line ")[2])
    text = (reading.files(reading.__package__) / "authorizations" / "sns.toml").read_text("utf-8")
    assert text.splitlines()[line - 1] == "[[authorization]]"
    assert f'operation = "{entry.values["operation"]}"' in text.splitlines()[line]


STAGES = [
    stage(case["settings"], websocket=case.get("websocket", False))
    for case in json.loads(
        (Path(__file__).parents[2] / "cases" / "permissions" / "settings.json").read_text("utf-8")
    )
]
#: Two handlers at one topic, which no case of a single setting has.
TOPIC = {"arn": "arn:aws:sns:us-east-1:123456789012:news", "events": ["sns:Publish"]}
STAGES.append(stage({"events": [{"function": f"app.{name}", "event_source": TOPIC} for name in "ab"]}))
DEPLOY = Command("deploy")


def placeholders(value) -> set[str]:
    """Return the names that a template starts from: ``efs_config`` of ``{efs_config.Arn|last}``."""
    if isinstance(value, str):
        return {name.partition("|")[0].partition(".")[0] for name in re.findall(r"\{([^{}]+)\}", value)}
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return {name for part in parts for name in placeholders(part)}


@pytest.mark.parametrize(
    "row",
    [*call_rows(), *template_rows()],
    ids=lambda row: f"{getattr(row, 'operation', '') or row.name} of {row.source}",
)
def test_a_placeholder_is_a_name_that_something_gives(row):
    """What is not known is filled with a star: a name misspelt would grant everything, and nobody would be told."""
    given = set(_names(STAGES[0], DEPLOY)) | {name for one in STAGES for name in one.settings}
    if each := getattr(row, "each", ""):
        given |= {name for one in STAGES for item in COLLECTIONS[each].items(one, DEPLOY) for name in item}
    unknown = placeholders(getattr(row, "parameters", None) or getattr(row, "properties", {})) - given
    assert not unknown, (
        f"{sorted(unknown)} is given by no setting of a case, by _names of permissions/calls.py nor by the collection of"
        " `each` in permissions/tables/collections.py: add it there, or correct the row"
    )


OWN = {
    "service": "iam",
    "operation": "GetUser",
    "commands": ("check",),
    "because": "the check looks",
    "source": "aws/identity.py",
    "on_denied": OwnConsequence.UNKNOWN,
    "symptom": "nothing is known",
}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        pytest.param(
            {"commands": ("deploy",)}, "unknown name 'deploy' in `commands`", id="no command of ours"
        ),
        pytest.param({"principals": ("group",)}, "unknown name 'group' in `principals`", id="no principal"),
        pytest.param({"principals": ("user",)}, "`purpose` is missing", id="a grant without its Sid"),
    ],
)
def test_a_call_of_our_own_that_names_what_nothing_knows_is_refused(more, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        OwnCallRow(**{**OWN, **more})


def test_a_row_of_another_registry_stands_for_any_region():
    """An image that is not of ECR's own host says nothing of a region."""
    assert FILTERS["registry_region"]("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app") == "eu-west-1"
    assert FILTERS["registry_region"]("registry.example.com/app") == "*"
