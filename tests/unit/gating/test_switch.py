"""The switch in the environment."""

from __future__ import annotations

import pytest

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.gating.switch import switched_off


@pytest.mark.parametrize("word", ["off", "OFF", " off ", "0", "false", "no"])
def test_off(word):
    assert switched_off({"ZAPPA_IAM_EXT": word})


@pytest.mark.parametrize("word", ["", "on", "1", "true", "yes", '{"on_missing": "warn"}'])
def test_on(word):
    assert not switched_off({"ZAPPA_IAM_EXT": word})
    assert not switched_off({})


@pytest.mark.parametrize(("word", "near"), [("of", "off"), ("fasle", "false"), ("onn", "on"), ("maybe", "")])
def test_anything_else_is_refused(word, near):
    with pytest.raises(SettingsError) as caught:
        switched_off({"ZAPPA_IAM_EXT": word})
    assert (f"did you mean {near}?" in str(caught.value)) == bool(near)
