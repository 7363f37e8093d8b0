"""The policies that bind a principal, read from IAM with list and get calls, each with its origin.

What may not be read is named, never passed over: with a policy missing from view nothing but an explicit
deny is certain. The calls are those of ``permissions/tables/own_calls/principal_policies.toml``; ``docs/reading.md``
says in which order they are made.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from zappa_iam_ext.aws.asking.together import Deadline
from zappa_iam_ext.aws.errors import scrub
from zappa_iam_ext.aws.reading.managed import ManagedPolicies
from zappa_iam_ext.aws.reading.model import HeldPolicy, LiveRole, NamedPolicy, PrincipalPolicies
from zappa_iam_ext.aws.reading.named import NamedPolicies
from zappa_iam_ext.aws.reading.questions import Question, ask_all
from zappa_iam_ext.aws.reading.reader import Reader, Slot
from zappa_iam_ext.aws.reading.texts import keep_texts, text_of
from zappa_iam_ext.aws.self_inspection import self_inspection_grants
from zappa_iam_ext.errors import InvalidPolicyDocument, UnknownPrincipal
from zappa_iam_ext.iam import PolicyDocument, Principal, PrincipalKind

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

__all__ = [
    "HeldPolicy",
    "LiveRole",
    "NamedPolicy",
    "PrincipalPolicies",
    "principal_policies",
    "self_inspection_grants",
]

_SOON = 0.5
"""Seconds after which what vanished while it was read is looked for once more."""


def principal_policies(
    iam: IAMClient,
    principal: Principal,
    deadline: Deadline | None = None,
    *,
    named: Sequence[str] = (),
    further: Sequence[str] = (),
    roles: Mapping[str, bool] | None = None,
) -> PrincipalPolicies:
    """Return the policies of a user, a role, or the role behind a session.

    Policies by the names of ``named`` are looked for in the account, those of ``further`` told where they are met. The roles by
    the names of ``roles`` are read in the same rounds, with all their policies where it says so; what is not seen of them says
    nothing of the principal.

    Root holds none and is bound by none of these. A federated user is bound by a policy that no API shows,
    so it is unreadable. What vanishes between two calls is looked for once more: if it is then not listed, it binds no
    more; else it is unreadable. Raises `UnknownPrincipal` when IAM has no such identity, and `CredentialsProblem` when the
    credentials expire; a call that is denied, or that told nothing before the deadline, is no error, see ``unreadable``.
    """
    deadline = deadline or Deadline()
    keep_texts(iam)
    wanted = _Wanted(tuple(named), tuple(further), roles or {})
    reader, found = _read(iam, principal, deadline, wanted)
    if (reader.vanished or reader.unknown) and deadline.left > 2 * _SOON:
        time.sleep(_SOON)
        reader, found = _read(iam, principal, deadline, wanted)
    if reader.unknown:
        raise UnknownPrincipal(f"IAM does not know {scrub(reader.unknown)}")
    return found


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is looked for by name beside the principal: policies, further parts of them, roles."""

    named: tuple[str, ...]
    further: tuple[str, ...]
    roles: Mapping[str, bool]


def _read(
    iam: IAMClient, principal: Principal, deadline: Deadline, wanted: _Wanted
) -> tuple[Reader, PrincipalPolicies]:
    managed = ManagedPolicies(iam)
    reader = Reader(iam, managed, NamedPolicies(managed, principal, wanted.named, wanted.further))
    others = {name: Reader(iam, managed, NamedPolicies(managed, principal)) for name in wanted.roles}
    ask_all(
        [
            *_questions(reader, principal),
            *(
                question
                for name, other in others.items()
                for question in other.role(name, alone=False, whole=wanted.roles[name])
            ),
        ],
        deadline,
    )
    held = tuple(_held(reader))
    of_role = reader.arn if principal.kind is not PrincipalKind.USER else ""
    return reader, PrincipalPolicies(
        principal=principal.of_role(of_role),
        held=held,
        unreadable=tuple(reader.unreadable),
        described=reader.described,
        named=tuple(_with_document(policy, managed) for policy in reader.named.found()),
        alias=reader.alias,
        absent=reader.named.absent(),
        roles=tuple(_role(name, other, principal) for name, other in others.items()),
    )


def _questions(reader: Reader, principal: Principal) -> Iterator[Question]:
    """Yield what is asked first about the principal; note what no API shows."""
    if principal.kind is PrincipalKind.USER:
        yield from reader.user(principal.name)
    elif principal.kind in {PrincipalKind.ROLE, PrincipalKind.ASSUMED_ROLE}:
        yield from reader.role(principal.name)
    elif principal.kind is not PrincipalKind.ROOT:
        reader.unreadable.append(f"the session policy of {scrub(principal.arn)}: no API shows it")


def _role(name: str, reader: Reader, asking: Principal) -> LiveRole:
    """Return a role as it was read; of one that is not there nothing else is told."""
    usual = f"arn:{asking.partition}:iam::{asking.account}:role/{name}"
    if reader.unknown:
        return LiveRole(name, exists=False, held=PrincipalPolicies(Principal.parse(usual)))
    held = tuple(_held(reader))
    return LiveRole(
        name,
        exists=True if reader.described is not None or held else None,
        held=PrincipalPolicies(
            Principal.parse(reader.arn or usual),
            held,
            tuple(reader.unreadable),
            described=reader.described,
        ),
    )


def _held(reader: Reader) -> Iterator[HeldPolicy]:
    """Yield what was read; note at the reader what was not, and what is no policy document."""
    for slot in reader.slots:
        policy = reader.managed.known[slot.arn] if slot.arn else None
        answer = policy.answer if policy else slot.answer
        if answer is not None:
            try:
                yield _policy_of(slot, answer)
            except (InvalidPolicyDocument, TypeError) as error:
                told = f"not a policy document that we can read ({scrub(str(error))})"
                reader.unreadable.append(f"{scrub(slot.source)}: {told}")
        elif policy:
            reader.unreadable.append(f"{scrub(slot.source)}: {policy.failed}")
            reader.vanished |= policy.gone


def _policy_of(slot: Slot, answer: Mapping[str, Any]) -> HeldPolicy:
    kind = "boundary" if slot.layer == "boundary" else "identity"
    text = text_of(answer)
    document = PolicyDocument.parse(text or _document_in(answer), kind, stored=False)
    return HeldPolicy(scrub(slot.source), slot.layer, document, slot.arn, text)


def _document_in(answer: Mapping[str, Any]) -> Any:
    raw = answer["PolicyDocument"] if "PolicyDocument" in answer else answer["PolicyVersion"]["Document"]
    return unquote(raw) if isinstance(raw, str) else raw


def _with_document(named: NamedPolicy, managed: ManagedPolicies) -> NamedPolicy:
    answer = managed.known[named.arn].answer
    if answer is None:
        return named
    try:
        document = PolicyDocument.parse(text_of(answer) or _document_in(answer), stored=False)
    except (InvalidPolicyDocument, TypeError):
        return named
    return replace(named, document=document)
