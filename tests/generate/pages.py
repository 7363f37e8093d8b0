"""Writes the generated pages of the documentation: ``python -m tests.generate.pages``. A test holds the files against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.generate.administrator import administrator_page
from tests.generate.application import application_page
from tests.generate.execution_role import execution_role_page
from tests.generate.permission_pages import pages as permission_pages
from tests.generate.tables_of_pages import DENIED, table
from tests.generate.zappa_permissions import zappa_permissions_page
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.patterns.containment import covers
from zappa_iam_ext.iam.patterns.glob import arn_glob, text_glob
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.tables.own_rows import own_call_rows

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
# === docs/comparison.md ========================================================================

POLICIES = {
    "conventional": "conventional-deployment-policy.json",
    "Zappa's example": "zappa-example-deploy-policy.json",
    "ours": "",
}


def published(name: str) -> PolicyDocument:
    """Return a policy in circulation, its placeholders filled in for the default stage."""
    text = (DATA / name).read_text("utf-8")
    for placeholder, value in {
        "<ACCOUNT_ID>": ACCOUNT,
        "<account_id>": ACCOUNT,
        "<s3_bucket from zappa_settings.json>": "zappa-?????????",
    }.items():
        text = text.replace(placeholder, value)
    return PolicyDocument.parse(json.loads(text))


def compared() -> Mapping[str, PolicyDocument]:
    """Return the three policies for the default stage: the two in circulation and the computed one."""
    ours = deployment_policy(requirements(stage()))
    return {title: published(file) if file else ours for title, file in POLICIES.items()}


def pairs(document: PolicyDocument) -> list[tuple[str, str]]:
    """Return every action with every resource that it is allowed on."""
    return [
        (action, resource)
        for statement in document.statements
        for action in statement.actions
        for resource in statement.resources
    ]


def missing(document: PolicyDocument) -> list[Requirement]:
    """Return what the default stage needs and the policy does not allow on all of the resource."""
    allowed = [(text_glob(action.lower()), arn_glob(resource)) for action, resource in pairs(document)]
    return [
        item
        for item in requirements(stage())
        if not any(
            action.matches(item.action.lower()) and covers(resource, arn_glob(item.resource))
            for action, resource in allowed
        )
    ]


def surplus(document: PolicyDocument) -> list[str]:
    """Return the actions that the policy allows and that neither the default stage nor our check of it ever needs."""
    needed = {item.action.lower() for item in requirements(stage())}
    needed |= {f"{row.service}:{row.operation}".lower() for row in own_call_rows() if row.principals}
    return sorted({action for action, _ in pairs(document) if action.lower() not in needed})


def wider(document: PolicyDocument) -> list[str]:
    """Return the actions that the stage needs, and that the policy allows on more than it needs them on."""
    needed = deployment_policy(requirements(stage()))
    own = {}
    for action, resource in pairs(needed):
        own.setdefault(action, []).append(arn_glob(resource))
    found = {
        action
        for action, resource in pairs(document)
        if action in own and not any(covers(glob, arn_glob(resource)) for glob in own[action])
    }
    return sorted(found)


def comparison_page() -> str:
    """Return the page that compares the published policies with ours."""
    policies = compared()
    head = ("", *policies)
    rows = [
        ("actions", *(str(len({action for action, _ in pairs(item)})) for item in policies.values())),
        ("statements", *(str(len(item.statements)) for item in policies.values())),
        ("statements on `*`", *(str(_on_everything(item)) for item in policies.values())),
        ("actions allowed on `*`", *(str(len(_actions_on_everything(item))) for item in policies.values())),
        (
            "actions needed and missing",
            *(str(len({one.action for one in missing(item)})) for item in policies.values()),
        ),
        ("actions never needed", *(str(len(surplus(item))) for item in policies.values())),
        ("needed actions allowed too widely", *(str(len(wider(item))) for item in policies.values())),
    ]
    lines = [COMPARISON, *table(head, rows), "## Needed and missing", "", _MISSING, ""]
    for title, item in policies.items():
        if lacking := missing(item):
            head = ("action", "resource", "why", "denied", "confidence")
            lines += [f"### {title}", "", *table(head, map(_lacking_cells, lacking))]
    lines += ["## Never needed", ""]
    for title, item in policies.items():
        if unused := surplus(item):
            lines += [f"- {title}: {', '.join(f'`{action}`' for action in unused)}"]
    lines += ["", "## Allowed on `*`", ""]
    for title, item in policies.items():
        lines += [f"- {title}: {', '.join(f'`{action}`' for action in _actions_on_everything(item))}"]
    return "\n".join(lines) + "\n"


COMPARISON = """\
# Compared with the policies in circulation

For the default stage (a WSGI application, API Gateway v1, a managed role, keep warm) and all commands: the policy that
deployment guides tell people to attach, the example in Zappa's own repository, and the one that
`zappa-iam policy` prints. Generated by `make docs`; a test holds it against the three policies.
"""
_MISSING = "An action counts as missing when it is not allowed on all of the resource that it is needed on."


def _on_everything(document: PolicyDocument) -> int:
    return sum("*" in statement.resources for statement in document.statements)


def _actions_on_everything(document: PolicyDocument) -> list[str]:
    return sorted({action for action, resource in pairs(document) if resource == "*"})


def _lacking_cells(one: Requirement) -> tuple[str, ...]:
    denied = DENIED[one.consequence] + (f": {one.symptom}" if one.symptom else "")
    return f"`{one.action}`", f"`{one.resource}`", one.because, denied, str(one.confidence)


PAGES = {
    "administrator.md": administrator_page,
    "application-permissions.md": application_page,
    "comparison.md": comparison_page,
    "execution-role-permissions.md": execution_role_page,
    "zappa-permissions.md": zappa_permissions_page,
    **permission_pages(),
}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (ROOT / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / "docs" / name).write_text(page().rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
