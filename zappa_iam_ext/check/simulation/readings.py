"""What the simulator's answers say of a requirement: only what is certain denies or allows. Pure.

An ``allowed`` does not mean that no conditional Deny was skipped, and a Deny whose operator is negated holds for a key that the
real request may carry: both are certain only where no policy mentions a key that was not given. A denial by organization
policies alone is no denial, for the simulator is known to be wrong about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from zappa_iam_ext.check.joining import Says, Voice
from zappa_iam_ext.check.model import Blocker, Evidence
from zappa_iam_ext.check.public_layers import is_public_layer
from zappa_iam_ext.check.simulation.blocking import blocker_of
from zappa_iam_ext.check.simulation.questions import Asked
from zappa_iam_ext.check.simulation.words import Answer, Exclusion, PolicyType, Question, SimulatedDecision
from zappa_iam_ext.iam import Decision, Layer
from zappa_iam_ext.iam.definitions import action_definition

#: Listed as missing also where the value that the simulator supplies does not match; that value is the real one.
_NEVER_MISSING = frozenset({"aws:principalaccount"})
_ORGANIZATION = "denies it by an organization policy alone, about which it is known to be wrong at times"


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known beside the answers.

    ``open_keys`` tells on which keys an answer may hang (None: not known), ``absent`` are the keys that no request of these
    credentials carries, ``account`` is the principal's own.
    """

    open_keys: Callable[[Question], frozenset[str] | None]
    absent: frozenset[str] = frozenset()
    account: str = ""


def needed_again(found: SimulatedDecision) -> tuple[tuple[PolicyType, ...], ...]:
    """Return without what a denied question is asked again: what says that it does not allow, each alone and all together."""
    if found.decision is Decision.ALLOWED or found.matched:
        return ()
    blamed = tuple(
        kind
        for kind, allows in (
            (PolicyType.SCP, found.by_organization),
            (PolicyType.BOUNDARY, found.by_boundary),
        )
        if allows is False
    )
    return ((blamed[0],), blamed) if len(blamed) > 1 else (blamed,) if blamed else ()


def read_answer(
    asked: Asked, answers: Iterable[Answer], settled: Settled, named: Blocker | None = None
) -> Voice:
    """Return what the simulator says of a requirement, by its first answer and those without some policies."""
    if asked.question is None:
        return _nothing(asked.unasked)
    found = {answer.question.without: answer for answer in answers if not answer.question.silent_boundary}
    action = asked.requirement.action
    first = found[()].on(action, asked.resource) if () in found else None
    if first is None:
        faults = found[()].faults if () in found else ()
        return _nothing(f"AWS's simulator gave no answer: {'; '.join(faults) or 'it was not asked'}")
    if first.decision is Decision.ALLOWED:
        return _allowed(asked, settled)
    if first.decision is Decision.EXPLICIT_DENY and (first.matched or named):
        return _explicit(first, asked.question, settled, named)
    without = {kinds: answer.on(action, asked.resource) for kinds, answer in found.items() if kinds}
    bare = without.get((PolicyType.SCP,))
    if first.by_organization is False and bare and bare.matched and bare.decision is Decision.EXPLICIT_DENY:
        return _explicit(bare, asked.question, settled, named)
    return _denied(first, without, settled)


def _nothing(why: str) -> Voice:
    return Voice(Evidence.SIMULATION, Says.NOTHING, why=why)


def _allowed(asked: Asked, settled: Settled) -> Voice:
    assert asked.question is not None  # noqa: S101  -- for mypy
    keys = _sent(asked.requirement.action, settled.open_keys(asked.question))
    owner = "".join(asked.resource.split(":")[4:5])
    if not asked.exact:
        return _nothing("AWS's simulator allows it for one name, which says nothing of the others")
    if owner.isdecimal() and owner != settled.account and not is_public_layer(asked.requirement):
        return _nothing(f"it depends on the policy of the resource itself, in account {owner}")
    if keys is None:
        return _nothing("AWS's simulator allows it, but whether a conditional Deny was skipped is not known")
    if keys:
        return _nothing(f"AWS's simulator allows it, but a policy depends on {_listed(keys)}")
    return Voice(Evidence.SIMULATION, Says.ALLOWED)


def _explicit(found: SimulatedDecision, question: Question, settled: Settled, named: Blocker | None) -> Voice:
    blocker = named or blocker_of(found.matched, None)
    keys = _sent(found.action, settled.open_keys(question))
    if keys is None or keys:
        on = f"{_listed(keys)} of the request" if keys else "a condition that the real request does not meet"
        why = f"denies it explicitly ({blocker.policy}), which may depend on {on}"
        return Voice(Evidence.SIMULATION, Says.DOUBTS, blocker.layer, why=why, blocker=blocker)
    return Voice(Evidence.SIMULATION, Says.DENIED, blocker.layer, explicit=True, blocker=blocker)


def _denied(
    found: SimulatedDecision,
    without: Mapping[tuple[Exclusion, ...], SimulatedDecision | None],
    settled: Settled,
) -> Voice:
    """Return what a denial says that no statement explains: by the organization, the boundary, or for want of an Allow."""
    missing = _lacking(found, settled)
    kept: SimulatedDecision = found
    if found.by_organization is False:
        bare = without.get((PolicyType.SCP,))
        if bare is None:
            return _doubt(Layer.ORGANIZATION, "denies it, by an organization policy or for another reason")
        if bare.decision is Decision.ALLOWED:
            return _doubt(Layer.ORGANIZATION, _ORGANIZATION)
        kept, missing = bare, missing | _lacking(bare, settled)
    elif found.decision is Decision.EXPLICIT_DENY:
        return _doubt(None, "denies it explicitly without naming a statement")
    if missing:
        return _doubt(None, f"denies it unless {_listed(missing)} of the request makes it otherwise")
    layer = Layer.IDENTITY
    if kept.by_boundary is False:
        limited = tuple(
            kind
            for kind, allows in (
                (PolicyType.SCP, found.by_organization),
                (PolicyType.BOUNDARY, kept.by_boundary),
            )
            if allows is False
        )
        free = without.get(limited)
        layer = Layer.BOUNDARY if free and free.decision is Decision.ALLOWED else Layer.IDENTITY
    blocker = None if layer is Layer.IDENTITY else Blocker(layer)
    return Voice(Evidence.SIMULATION, Says.DENIED, layer, blocker=blocker)


def _lacking(found: SimulatedDecision, settled: Settled) -> frozenset[str]:
    """Return the keys that a denial lacks and a real request may carry."""
    return _sent(found.action, found.missing - settled.absent - _NEVER_MISSING) or frozenset()


def _sent(action: str, keys: frozenset[str] | None) -> frozenset[str] | None:
    """Return those of the keys that AWS may send with an action.

    Listed is every key that any policy mentions, for other actions too. A key of a service comes with no action but those that
    the Service Authorization Reference has it for: no request but that of PassRole has ``iam:PassedToService``.
    """
    known = action_definition(action)
    if keys is None or known is None:
        return keys
    return frozenset(key for key in keys if key.startswith("aws:") or known.supports(key))


def _doubt(layer: Layer | None, why: str) -> Voice:
    blocker = Blocker(layer) if layer else None
    return Voice(Evidence.SIMULATION, Says.DOUBTS, layer, why=why, blocker=blocker)


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys))
