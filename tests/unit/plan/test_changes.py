"""Every change says in words what it does, and its call is one that AWS has, with parameters that AWS takes."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from tests.support.service_definitions import operation, unknown_names
from zappa_iam_ext.plan import changes
from zappa_iam_ext.plan.changes import Change, Symbol

KINDS = [
    each
    for name in changes.__all__
    if isinstance(each := getattr(changes, name), type) and issubclass(each, Change) and each is not Change
]
VALUES = {
    "document": {"Version": "2012-10-17", "Statement": []},
    "trust": {"Version": "2012-10-17", "Statement": []},
    "tags": {"CreatedBy": "zappa-iam-ext"},
    "keys": ("zappa-iam-ext:stages",),
    "existing": ("AKIA1",),
    "arn": "arn:aws:iam::123456789012:policy/Name",
    "max_session": 3600,
    "overwrite": False,
}


def made(kind: type[Change]) -> Change:
    return kind(**{field.name: VALUES.get(field.name, field.name) for field in fields(kind)})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_change_has_words_a_symbol_and_a_call_that_aws_has(kind):
    change = made(kind)
    assert str(change)
    assert "<" not in str(change)
    assert change.symbol in Symbol
    told = change.to_json()
    assert told["change"] == kind.__name__
    assert json.loads(json.dumps(told)) == told
    call = change.call()
    if call is None:
        assert "Profile" in kind.__name__
        return
    assert call.operation == kind.__name__
    model = operation(call.service, call.operation)
    assert list(unknown_names(model.input_shape, call.parameters)) == []
    assert set(model.input_shape.required_members) <= set(call.parameters)


def test_what_is_removed_is_marked_so():
    for kind in KINDS:
        removing = kind.__name__.startswith(("Delete", "Detach", "Remove"))
        assert (made(kind).symbol is Symbol.REMOVE) is removing, kind
