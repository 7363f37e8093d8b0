"""``zappa-iam role check`` as text: what does not fit into its lines is left out whole."""

from __future__ import annotations

import pytest

from tests.support.role_reports import of, role
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.role.check import checks_text

UNREAD = tuple(
    f"the policy number {number} of the role, by a sentence that takes two lines" for number in range(9)
)


@pytest.mark.parametrize("unread", [UNREAD[:1], UNREAD[:3], UNREAD], ids=len)
def test_no_fact_is_told_by_half(unread) -> None:
    report = of(role(unreadable=unread))
    whole = " ".join(checks_text([report], [CommandLines("dev")], Style(), verbose=True).split())
    short = checks_text([report], [CommandLines("dev")], Style(), verbose=False)
    told = f"could not be read: {'; '.join(unread)}"
    assert told in whole
    said = " ".join(short.split())
    assert (told in said) or ("the policy number" not in said)
