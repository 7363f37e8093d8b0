"""The generated pages are current, and say what they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generate import tables
from tests.generate.pages import (
    PAGES,
    ROOT,
    compared,
    missing,
    pairs,
    surplus,
    wider,
)
from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.permissions.tables import reading
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS
from zappa_iam_ext.permissions.tables.features import FEATURES
from zappa_iam_ext.permissions.tables.rows import authorization_rows, call_rows, resource_rows, template_rows
from zappa_iam_ext.permissions.tables.runtime_rows import appended_rows, deny_rows, runtime_rows, told_rows
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name):
    written = (ROOT / "docs" / name).read_text("utf-8")
    assert written == PAGES[name]().rstrip() + "\n", f"docs/{name} is stale: run `make docs`"


def test_the_tables_were_read_as_they_are():
    written = (Path(reading.__file__).parent / reading.READ_BEFORE).read_text("utf-8")
    assert written == tables.text(), "read_before.json is stale: run `make docs`"


def test_a_part_that_has_changed_since_is_read_from_its_own_file(monkeypatch):
    whole = reading._parsed.__wrapped__("own_calls", "identity")
    monkeypatch.setattr(reading, "_read_before", dict)
    assert reading._parsed.__wrapped__("own_calls", "identity") == whole


def test_every_condition_of_the_tables_is_put_into_words():
    words = [item.words for item in (*FEATURES.values(), *COLLECTIONS.values())]
    assert all(words)
    assert len(set(words)) > len(words) - 3, (
        "two features, one wording: nobody can tell them apart in the docs"
    )


def test_no_feature_and_no_collection_is_needless():
    told = (*told_rows("warning"), *told_rows("untold"))
    of_the_role = (*runtime_rows(), *deny_rows(), *appended_rows(), *told)
    named = {name.lstrip("!") for row in (*call_rows(), *template_rows(), *of_the_role) for name in row.when}
    assert set(FEATURES) - named == set(), (
        "no row names it in `when`: take it out of permissions/tables/features.py"
    )
    each = {getattr(row, "each", "") for row in (*call_rows(), *of_the_role)}
    assert set(COLLECTIONS) - each == set(), (
        "no row names it in `each`: take it out of permissions/tables/collections.py"
    )


def test_every_command_call_and_resource_type_has_its_place():
    for command in COMMANDS:
        assert PAGES[f"permissions/commands/{command}.md"]().startswith(f"# zappa {command}\n")
    for operation in authorization_rows():
        page = PAGES[f"permissions/services/{operation.partition('.')[0]}.md"]()
        assert f"\n## {operation}\n" in page
    for kind in resource_rows():
        assert f"\n## {kind}\n" in PAGES["permissions/stack.md"]()


def test_no_page_is_left_of_what_is_no_more():
    kept = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs" / "permissions").rglob("*.md")}
    assert kept == {name for name in PAGES if name.startswith("permissions/")}


def test_every_call_leads_to_what_aws_checks():
    anchors = {
        f"{name.partition('.')[0]}.md#{name.lower().replace('.', '')}" for name in authorization_rows()
    }
    commands = [page() for name, page in PAGES.items() if name.startswith("permissions/commands/")]
    linked = {part.partition(")")[0] for page in commands for part in page.split("](../services/")[1:]}
    assert linked
    assert linked <= anchors


def test_the_published_policies_are_the_ones_in_circulation():
    counts = {title: len({action for action, _ in pairs(document)}) for title, document in compared().items()}
    assert (counts["conventional"], counts["Zappa's example"]) == (48, 61)


def test_ours_misses_nothing_and_has_nothing_to_spare():
    ours = compared()["ours"]
    assert (missing(ours), surplus(ours), wider(ours)) == ([], [], [])


def test_only_actions_that_know_no_resource_stand_on_a_star():
    document = compared()["ours"]
    assert {action for action, resource in pairs(document) if resource == "*"} == {
        "cloudwatch:GetMetricStatistics",
        "events:ListRuleNamesByTarget",
    }


def test_what_the_published_policies_miss_is_seen():
    lacking = {title: {item.action for item in missing(document)} for title, document in compared().items()}
    for title in ("conventional", "Zappa's example"):
        assert {"iam:UpdateAssumeRolePolicy", "lambda:ListFunctionUrlConfigs"} <= lacking[title]


def test_the_changelog_tells_what_the_newest_zappa_needs():
    newest = ZAPPA_VERSIONS[-1]
    assert newest in (ROOT / "CHANGELOG.md").read_text("utf-8"), (
        f"CHANGELOG.md: tell under Unreleased, in its section Permissions, what Zappa {newest} needs"
    )
