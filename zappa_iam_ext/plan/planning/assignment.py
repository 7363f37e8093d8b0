"""Which policy is to hold what a stage needs: the one that is its own, or one that nobody else loses by. Pure.

A policy belongs to the stages that its tags name. It is written anew only when all of them are asked for; otherwise it
may grow, never shrink. A stage that no policy names joins the policy of the conventional name when all stages of that
are asked for, else it gets a policy of its own. What carries no stages (version 0.1) may be anybody's and only grows.
Where another user or role deploys the stage too, each has a policy of its own, which lets it look at itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.synthesis import merge, split
from zappa_iam_ext.plan.naming import deployer_base, numbered_part, own_names, part_name
from zappa_iam_ext.plan.ownership import StageKey
from zappa_iam_ext.plan.planning.deployers import deployer_kind, of_another
from zappa_iam_ext.plan.privileges import covered
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState, DesiredPolicy, DesiredState

Stages = frozenset[StageKey]


@dataclass(frozen=True, slots=True)
class PolicySetInPlace:
    """A policy and its numbered parts, which belong together."""

    head: str
    parts: tuple[CurrentPolicy, ...]

    @property
    def stages(self) -> Stages | None:
        """The stages it was made for; None where no tag tells."""
        return self.parts[0].ownership.stages

    @property
    def documents(self) -> tuple[Mapping[str, Any], ...]:
        """What it says."""
        return tuple(part.document for part in self.parts)

    @property
    def edited(self) -> bool:
        """Whether somebody changed one of the documents; nobody knows where no tag tells what we wrote (version 0.1)."""
        return any(part.edited and part.ownership.documents for part in self.parts)

    @property
    def adopted(self) -> bool:
        """Whether an edit by hand is among what it says, which was adopted."""
        return any(part.ownership.adopted for part in self.parts)


def assigned(
    desired: DesiredState, current: CurrentState, *, adopt: bool = False, prune: bool = False
) -> DesiredState:
    """Return the desired state with a policy by name for each need of a stage.

    ``adopt`` takes over what somebody else made or edited, and keeps what it says; with ``prune`` it is replaced.
    """
    if not desired.needs:
        return desired
    found = _Assignment(desired, current, adopt, claim=adopt and prune)
    return replace(desired, policies=(*desired.policies, *found.policies()))


def sets_in_place(policies: Iterable[CurrentPolicy]) -> tuple[PolicySetInPlace, ...]:
    """Return the policies of ours with their parts, by name."""
    found: dict[str, list[CurrentPolicy]] = {}
    for policy in sorted(policies, key=lambda each: (len(each.name), each.name)):
        if policy.ours:
            stages = policy.ownership.stages
            heads = (
                head
                for head, parts in found.items()
                if numbered_part(policy.name, head) and parts[0].ownership.stages == stages
            )
            found.setdefault(next(heads, policy.name), []).append(policy)
    return tuple(PolicySetInPlace(head, tuple(parts)) for head, parts in found.items())


@dataclass(frozen=True, slots=True)
class _Place:
    """A policy by name, in place or to be made; ``found`` is what is there and ours."""

    name: str
    found: PolicySetInPlace | None = None


@dataclass(frozen=True)
class _Assignment:
    desired: DesiredState
    current: CurrentState
    adopt: bool
    claim: bool

    def policies(self) -> Iterator[DesiredPolicy]:
        """Yield the policies that together hold all needs."""
        places: dict[str, tuple[_Place, set[StageKey]]] = {}
        left = []
        for stage in sorted(self.asked):
            known = [each for each in self.mine if each.stages is not None and stage in each.stages]
            if known:
                chosen = min(known, key=self._preference)
                places.setdefault(chosen.head, (_Place(chosen.head, chosen), set()))[1].add(stage)
            else:
                left.append(stage)
        for place, stages in self._new_places(left):
            places.setdefault(place.name, (place, set()))[1].update(stages)
        for place, given in places.values():
            yield from self._policies_of(place, frozenset(given))

    @cached_property
    def asked(self) -> Stages:
        """The stages that are provisioned."""
        return frozenset(self.desired.needs)

    @cached_property
    def sets(self) -> tuple[PolicySetInPlace, ...]:
        """What is in place and ours; of a policy that the user holds only the parts that it holds as well."""
        return tuple(map(self._without_leftovers, sets_in_place(self.current.policies.values())))

    @cached_property
    def mine(self) -> tuple[PolicySetInPlace, ...]:
        """Those that were not made for another user or role, which still holds them."""
        return tuple(each for each in self.sets if not of_another(each.parts, self.desired, self.current))

    def _preference(self, found: PolicySetInPlace) -> tuple[bool, int, str]:
        """Return what orders the policies of a stage: first those that are held, and that are for the fewest stages."""
        return not self.current.holds(found.parts[0].arn), len(found.stages or ()), found.head

    def _without_leftovers(self, found: PolicySetInPlace) -> PolicySetInPlace:
        if not self.current.holds(found.parts[0].arn):
            return found
        return replace(found, parts=tuple(part for part in found.parts if self.current.holds(part.arn)))

    def _new_places(
        self, left: Sequence[StageKey], base: str = ""
    ) -> Iterator[tuple[_Place, Iterable[StageKey]]]:
        """Yield where stages that no policy names go; beside another user's or role's under a name of its own."""
        if not left:
            return
        name = base or self.desired.base
        present = self.current.policy(name)
        shared = next((each for each in self.sets if present in each.parts), None) if present else None
        if present is None or shared is None:
            yield _Place(present.name if present else name), left
        elif shared in self.mine and self._may_join(shared):
            yield _Place(shared.head, shared), left
        elif shared in self.mine or base:
            yield from self._own_places(left, name)
        else:
            own = deployer_base(name, deployer_kind(self.desired), self.desired.user)
            yield from self._new_places(left, own)

    def _may_join(self, shared: PolicySetInPlace) -> bool:
        """Say whether stages that are new may join a policy: all that it is for are asked for, or nobody knows whose it is."""
        if shared.stages is not None:
            return shared.stages <= self.asked
        return self.claim or all(self.current.holds(part.arn) for part in shared.parts)

    def _own_places(self, left: Sequence[StageKey], base: str) -> Iterator[tuple[_Place, Iterable[StageKey]]]:
        """Yield a policy of its own for each stage, under a name that no other stage's policy has."""
        taken = {part.name.lower() for each in self.sets for part in each.parts}
        known = {
            each.head.lower(): each for each in self.mine if each.stages is None and self._may_join(each)
        }
        for stage in left:
            names = list(own_names(base, stage))
            name = next((n for n in names if n.lower() not in taken or n.lower() in known), names[-1])
            taken.add(name.lower())
            found, there = known.pop(name.lower(), None), self.current.policy(name)
            yield _Place(there.name if there else name, found), (stage,)

    def _policies_of(self, place: _Place, stages: Stages) -> Iterator[DesiredPolicy]:
        """Yield the policy and its parts: written anew where nobody else has a share in it, else only added to."""
        needed = [self.desired.needs[stage] for stage in sorted(stages)]
        in_place = place.found or self._foreign(place.name)
        if place.found is not None and self.desired.only_add:
            kept = place.found.stages
            yield from self._grown(place.found, needed, None if kept is None else kept | stages)
            return
        if in_place is None or self._is_whole(in_place, place, needed):
            yield from self._parts(place.name, needed, stages)
            return
        kept = (
            in_place.stages if place.found is not None else None
        )  # of somebody else's nobody knows for whom it is
        yield from self._grown(in_place, needed, None if kept is None else kept | stages)

    def _foreign(self, name: str) -> PolicySetInPlace | None:
        """Return a policy that is not ours and that may be taken over."""
        there = self.current.policy(name)
        return PolicySetInPlace(name, (there,)) if there and self.adopt else None

    def _is_whole(
        self, in_place: PolicySetInPlace, place: _Place, needed: Sequence[Mapping[str, Any]]
    ) -> bool:
        """Say whether all that a policy is for is known: every stage of it, and no edit that is to be kept.

        One that names a stage which is not asked for never is, whatever was consented to.
        """
        if self.claim and (place.found is None or in_place.stages is None):
            return True
        mine = place.found is not None and in_place.stages is not None and in_place.stages <= self.asked
        if mine and (self.claim or not (in_place.adopted or (in_place.edited and self.adopt))):
            return True
        known = mine or place.found is None
        return known and all(covered(document, needed) for document in in_place.documents)

    def _grown(
        self, in_place: PolicySetInPlace, needed: Sequence[Mapping[str, Any]], stages: Stages | None
    ) -> Iterator[DesiredPolicy]:
        """Yield what is in place, with what is needed beside it."""
        edited = in_place.edited and not self.adopt
        adopted = stages is not None and (in_place.adopted or (in_place.edited and self.adopt))
        if all(covered(document, in_place.documents) for document in needed):
            for part in in_place.parts:
                yield DesiredPolicy(
                    part.name, part.document, stages, keeps=True, edited=edited, adopted=adopted
                )
            return
        for policy in self._parts(in_place.head, [*in_place.documents, *needed], stages):
            yield replace(policy, keeps=True, edited=edited, adopted=adopted)

    def _parts(
        self, name: str, documents: Sequence[Mapping[str, Any]], stages: Stages | None
    ) -> Iterator[DesiredPolicy]:
        """Yield one document, or several where it is too long for one."""
        pieces = split(_merged(documents), self.current.quotas.policy_size)
        for number, piece in enumerate(pieces, 1):
            yield DesiredPolicy(part_name(name, number), piece.to_dict(), stages)


def _merged(documents: Sequence[Mapping[str, Any]]) -> PolicyDocument:
    read = [PolicyDocument.parse(document) for document in documents]
    return read[0] if len(read) == 1 else merge(read)
