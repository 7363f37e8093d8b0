"""Which policy denies: the simulator's names of policies, and bisection where a name could be of several. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from zappa_iam_ext.check.model import Blocker
from zappa_iam_ext.check.simulation.words import Exclusion, InlinePolicy, MatchedStatement
from zappa_iam_ext.iam import Layer, Principal
from zappa_iam_ext.iam.positions import statement_ending_at

_BOUNDARY = "Permissions Boundary Policy"
_INLINE = re.compile(
    r"(?P<type>user|group|role) (?P<owner>[\w+=,.@-]+) / inline policy (?P<name>[\w+=,.@-]+)"
)
_MANAGED = re.compile(
    r"(?P<type>user|group|role) (?P<owner>[\w+=,.@-]+) / managed policy (?P<name>[\w+=,.@-]+)"
)
_AWS_MANAGED = re.compile(r"arn:[^:]+:iam::aws:policy/")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy that binds the principal: in words, as the simulator calls it, and how it is left out there.

    ``text`` is the JSON as IAM stores it, empty where it is not known.
    """

    source: str
    simulated: str
    without: tuple[Exclusion, ...]
    text: str = ""


def candidates(sources: Iterable[tuple[str, str, str]], principal: Principal) -> tuple[Candidate, ...]:
    """Return the policies of a principal from their words, and their ARN and text where they are known.

    The words are those in which they are read (``user jane / inline policy own``); those of what could not be read, with
    the reason behind, will do.
    """
    found: dict[tuple[str, tuple[Exclusion, ...]], Candidate] = {}
    for source, arn, text in sources:
        if inline := _INLINE.match(source):
            named = InlinePolicy(inline["type"], inline["owner"], inline["name"])
            simulated = f"{inline['type']}_{inline['owner']}_{inline['name']}"
            candidate = Candidate(inline[0], simulated, (named,), text)
        elif managed := _MANAGED.match(source):
            candidate = Candidate(
                managed[0], managed["name"], _managed(managed["name"], arn, principal), text
            )
        else:
            continue
        found.setdefault((candidate.simulated, candidate.without), candidate)
    return tuple(found.values())


def _managed(name: str, arn: str, principal: Principal) -> tuple[Exclusion, ...]:
    """Return how a managed policy is left out; both whose it may be where no ARN tells.

    Recorded: a customer's policy is left out by its ARN without its path alone; with the path nothing is left out, in silence.
    """
    own = f"arn:{principal.partition}:iam::{principal.account}:policy/{name}"
    if arn:
        return (arn,) if _AWS_MANAGED.match(arn) else (own,)
    return (own, f"arn:{principal.partition}:iam::aws:policy/{name}")


def fitting(matched: MatchedStatement, known: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the policies that a matched statement may be of; a managed policy attached twice is one."""
    return tuple(each for each in known if each.simulated == matched.policy and matched.kind != _BOUNDARY)


def bisect(
    known: Sequence[Candidate], flips: Callable[[tuple[Exclusion, ...]], bool | None]
) -> Candidate | None:
    """Return a policy that denies explicitly, asking about log2 n sets of policies rather than each.

    ``flips`` tells whether the explicit deny goes away without these; None: it could not be asked. The more is left out, the
    fewer Denies are left, so the first policy is found that completes a set without which nothing denies. None where the deny
    is in none of them, or nobody can tell.
    """
    low, high = 0, len(known)
    if not known or not flips(_without(known)):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        gone = flips(_without(known[:middle]))
        if gone is None:
            return None
        low, high = (low, middle) if gone else (middle, high)
    return known[high - 1]


def _without(known: Sequence[Candidate]) -> tuple[Exclusion, ...]:
    return tuple(dict.fromkeys(each for candidate in known for each in candidate.without))


def blocker_of(matched: Sequence[MatchedStatement], named: Candidate | None) -> Blocker:
    """Return the policy of an explicit deny as far as the simulator names it.

    Of several Denies the first by name and position is told. ``named`` is the policy of one of them, in words.
    """
    ordered = sorted(matched, key=lambda each: (each.kind, each.policy, str(each.start)))
    first = next(
        (each for each in ordered if named and each.policy == named.simulated),
        ordered[0] if ordered else None,
    )
    if first is None:
        return Blocker(Layer.IDENTITY, explicit=True, policy=named.source if named else "")
    layer = Layer.BOUNDARY if first.kind == _BOUNDARY else Layer.IDENTITY
    known = named if named and named.simulated == first.policy else None
    policy = known.source if known else _in_words(first)
    statement, line = _place(first, known.text if known else "")
    return Blocker(layer, explicit=True, policy=policy, statement=statement, line=line)


def _place(matched: MatchedStatement, text: str) -> tuple[str, int]:
    """Return which statement it is and the line in which it begins; without the text what its positions tell."""
    found = statement_ending_at(text, matched.end.line, matched.end.column) if text and matched.end else None
    if found is None:
        return _where(matched), _line(matched)
    number, line = found
    return f"statement {number + 1}", line


def _in_words(matched: MatchedStatement) -> str:
    if matched.kind == _BOUNDARY:
        return f"the permissions boundary {matched.policy}"
    kind, _, rest = matched.policy.partition("_")
    if kind in {"user", "group", "role"} and "_" in rest:
        return f"the inline policy {matched.policy} ({kind}_NAME_POLICY)"
    return f"the policy {matched.policy}"


def _where(matched: MatchedStatement) -> str:
    """Return where the statement stands in the text that IAM keeps, which need not be known here."""
    if not matched.start or not matched.end:
        return ""
    if matched.start.line == matched.end.line:
        return f"line {matched.end.line}, columns {matched.start.column} to {matched.end.column}"
    return f"lines {matched.start.line} to {matched.end.line}"


def _line(matched: MatchedStatement) -> int:
    """Return the line in which the statement begins, where that is certain: the position starts at the token before it."""
    if matched.start and matched.end and matched.start.line == matched.end.line:
        return matched.start.line
    return 0
