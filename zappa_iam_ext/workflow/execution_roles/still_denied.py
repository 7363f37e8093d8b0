"""What stays denied to the function once a plan is carried out: by a Deny or a boundary that the plan leaves alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zappa_iam_ext.check import Blocker, Verdict
from zappa_iam_ext.check.execution_role import RoleAsItIs, check_role
from zappa_iam_ext.check.sources import Source, Sources
from zappa_iam_ext.iam import PolicyDocument, PolicySet
from zappa_iam_ext.plan.planning.execution_documents import RoleFacts, held_after, policy_of, readable
from zappa_iam_ext.render.report.fixing import policy_words


def others_boundary(facts: RoleFacts) -> str:
    """Return the ARN of the boundary that binds the role afterwards and that we do not write; empty for none."""
    wanted, present = facts.wanted, facts.present
    bound = (present.boundary if present else "") or wanted.boundary
    return "" if wanted.bounds and bound == wanted.boundary else bound


def still_denied(facts: RoleFacts, boundary: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return a sentence for each policy that goes on to deny what the function needs.

    ``boundary`` is the document of `others_boundary`, None where there is none or it is not known.
    """
    found: dict[Blocker, dict[str, None]] = {}
    for action, blocker in _denied(facts, boundary):
        found.setdefault(blocker, {})[action] = None
    return tuple(
        f"{', '.join(actions)} {'stay' if len(actions) > 1 else 'stays'} denied by {policy_words(blocker)}:"
        f" whoever owns it has to {'lift the Deny' if blocker.explicit else 'allow it'}"
        for blocker, actions in found.items()
    )


def _denied(facts: RoleFacts, boundary: Mapping[str, Any] | None) -> Iterator[tuple[str, Blocker]]:
    name = facts.wanted.name
    held = {policy: document for policy, document in _held(facts).items() if next(readable([document]), None)}
    limits = list(readable([boundary] if boundary else []))
    role = RoleAsItIs(
        name,
        exists=True,
        arn=facts.wanted.arn,
        policies=PolicySet(
            identity=tuple(PolicyDocument.parse(each, readable=False) for each in held.values()),
            boundary=tuple(PolicyDocument.parse(each, readable=False) for each in limits),
        ),
        sources=Sources(
            identity=tuple(Source(_words(name, policy)) for policy in held),
            boundary=tuple(Source(others_boundary(facts)) for _ in limits),
        ),
    )
    for stage in facts.wanted.stages:
        for result in check_role(stage, role).having(Verdict.DENIED):
            if result.blocker:
                yield result.requirement.action, result.blocker


def _held(facts: RoleFacts) -> Mapping[str, Mapping[str, Any]]:
    """Return what the role holds afterwards: what it holds now where it is left alone."""
    present = facts.present
    if present is not None and not present.ours and not facts.consents.adopt:
        return {**present.inline, **present.attached}
    return held_after(facts, policy_of(facts))


def _words(name: str, policy: str) -> str:
    """Return a policy of the role in the words of a check."""
    if policy.startswith("arn:"):
        return f"role {name} / managed policy {policy.rpartition('/')[2]}"
    return f"role {name} / inline policy {policy}"
