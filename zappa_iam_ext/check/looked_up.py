"""Verdicts that hang on a name that AWS chose, once the name is looked up. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from zappa_iam_ext.check.judging import judge
from zappa_iam_ext.check.model import CheckedRequirement, Evidence, Verdict
from zappa_iam_ext.check.sources import NO_SOURCES, Sources
from zappa_iam_ext.check.subject import NO_FACTS, Facts
from zappa_iam_ext.iam import CompiledPolicySet, Principal
from zappa_iam_ext.permissions.chosen_names import has_chosen_name, marker_of, with_name
from zappa_iam_ext.permissions.model import Requirement

#: An action and a resource: the same need, whichever command has it.
Need = tuple[str, str]


def need_of(requirement: Requirement) -> Need:
    """Return what is needed."""
    return requirement.action, requirement.resource


def hangs_on_a_name(result: CheckedRequirement) -> bool:
    """Say whether a verdict is open and a name that AWS chose may settle it."""
    return result.verdict is Verdict.UNKNOWN and has_chosen_name(result.requirement.resource)


def with_actual_name(
    result: CheckedRequirement,
    names: Mapping[str, str],
    policies: CompiledPolicySet,
    principal: Principal,
    region: str,
    *,
    made: Collection[Need],
    used: Collection[Need],
    facts: Facts = NO_FACTS,
    sources: Sources = NO_SOURCES,
) -> CheckedRequirement:
    """Return the verdict on the thing that is in the account.

    ``names`` are the names by what stands before them (``/restapis/``), ``used`` what commands need that find the thing
    there, ``made`` what a first deployment needs on the thing that it makes, whose name nobody knows.
    """
    requirement = result.requirement
    name = names.get(marker_of(requirement.resource), "")
    if not name or not hangs_on_a_name(result):
        return result
    actual = replace(requirement, resource=with_name(requirement.resource, name))
    judged = judge(actual, policies, principal, region, Evidence.POLICIES, facts=facts, sources=sources)
    need = need_of(requirement)
    if judged.verdict is Verdict.DENIED and need in used:
        why = f"{actual.resource} is the one in the account"
        return replace(judged, requirement=requirement, why=why)
    if judged.verdict is Verdict.ALLOWED and need not in made:
        return replace(judged, requirement=requirement)
    if judged.verdict is Verdict.ALLOWED:
        why = f"it is allowed on {actual.resource}, which is there; what a first deployment makes has a name that only AWS will know"
        return replace(result, why=why)
    return result
