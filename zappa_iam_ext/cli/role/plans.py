"""The plans of ``zappa-iam role ensure``, as they are shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.cli.shared.output import chosen, is_masked, machine_text, own_version, say
from zappa_iam_ext.mask import masked, masked_values

if TYPE_CHECKING:
    from zappa_iam_ext.workflow.execution_roles.planning import RoleProvisioning
    from zappa_iam_ext.workflow.execution_roles.stable import StableSettings


def show_plans(
    plans: Sequence[RoleProvisioning], settings: Sequence[StableSettings], given: Mapping[str, Any]
) -> None:
    """Print the plans of execution roles, and the settings that go with them, in the format that was asked for."""
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.items.plan import gains, items, summary
    from zappa_iam_ext.render.plan import plan_json, plans_text
    from zappa_iam_ext.terminal import style_of

    output = chosen(given["output"], as_json=given["as_json"])
    if output == "json":
        say(plan_json((item.plan, _about(item, settings)) for item in plans))
        return
    entries = [(item.plan, _context(item)) for item in plans]
    if is_masked():
        entries = masked_values(entries)
    if output == "text":
        text = plans_text(entries, style_of(sys.stdout), verbose=given["verbose"])
        told = [line for found in settings for line in found.lines(written=given["write_settings"])]
        say("\n".join([text, *(map(masked, told) if is_masked() else told)]))
        return
    found = tuple(
        found
        for plan, about in entries
        for found in (*items(plan, about), *(gains(plan, about) if output == "html" else ()))
    )
    told_of = tuple(summary(plan, about) for plan, about in entries)
    say(machine_text(Told("zappa-iam role ensure", own_version(), found, told_of), output))


def _context(item: RoleProvisioning) -> Any:
    from zappa_iam_ext.render.plan import PlanContext

    first = item.wanted.stages[0]
    admin = f" (profile {item.asked.admin_profile})" if item.asked.admin_profile else ""
    unknown = item.rights.unknown
    return PlanContext(
        stages=", ".join(item.stages),
        target=f"execution role {item.wanted.name} in account {first.account}",
        administrator=f"{item.administrator}{admin}",
        account=first.account,
        region=first.region,
        notes=(
            *item.notes,
            *([f"whether the administrator may do this cannot be told: {unknown}"] if unknown else []),
        ),
        denied=item.rights.denied,
    )


def _about(item: RoleProvisioning, settings: Sequence[StableSettings]) -> dict[str, Any]:
    return {
        "stages": list(item.stages),
        "account": item.wanted.stages[0].account,
        "role": item.wanted.name,
        "role_arn": item.wanted.arn,
        "kind": "execution-role",
        "administrator": item.administrator,
        "administrator_denied": list(item.rights.denied),
        "administrator_unknown": item.rights.unknown,
        "notes": list(item.notes),
        "settings": [found.to_json() for found in settings if found.role == item.wanted.name],
    }
