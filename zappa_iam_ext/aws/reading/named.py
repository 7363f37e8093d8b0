"""Managed policies that are looked for by name, with their further parts: attached or not, under whatever path and case.

Names of policies are unique in an account, whatever their path and case (IAM User Guide, "IAM and AWS STS quotas").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from zappa_iam_ext.aws.reading.managed import ManagedPolicies
from zappa_iam_ext.aws.reading.model import NamedPolicy
from zappa_iam_ext.aws.reading.questions import Question
from zappa_iam_ext.iam import Principal
from zappa_iam_ext.plan.naming import numbered_part

Follow: TypeAlias = Callable[[Any], Iterable[Question]]


class NamedPolicies:
    """Looks for policies by name, with their further parts.

    ``names`` are looked for in any case, each under the ARN that it has without a path first; ``further`` where they are
    attached or listed. ``all_listed`` says that every policy of the account was named.
    """

    def __init__(
        self,
        managed: ManagedPolicies,
        principal: Principal,
        names: Sequence[str] = (),
        further: Sequence[str] = (),
    ) -> None:
        self._managed = managed
        self._names = tuple(dict.fromkeys(names))
        self._wanted = frozenset(name.casefold() for name in (*names, *further))
        self._account = f"arn:{principal.partition}:iam::{principal.account}:policy/"
        self.all_listed = False
        self._found: dict[str, str] = {}

    def first(self) -> Iterator[Question]:
        """Yield what is asked before anything is known."""
        for name in self._names:
            question = self._managed.described(self._usual(name), f"policy {name}")
            yield replace(question, then=partial(self._described, question.then, self._usual(name)))

    def _described(self, then: Follow, arn: str, answer: Any) -> Iterator[Question]:
        yield from then(answer)
        yield from self.listed(answer["Policy"]["PolicyName"], arn)

    def listed(self, name: str, arn: str) -> Iterator[Question]:
        """Yield what is asked about a policy that the account has, if it is looked for."""
        if arn not in self._found and arn.startswith(self._account) and self._is_wanted(name):
            self._found[arn] = name
            yield from self._managed.document(arn, f"policy {name}")
            if arn not in map(self._usual, self._names) and name.casefold() in self._wanted:
                yield self._managed.described(arn, f"policy {name}")

    def found(self) -> tuple[NamedPolicy, ...]:
        """Return what was found, sorted by name."""
        return tuple(
            NamedPolicy(name, arn, self._managed.known[arn].version, self._managed.known[arn].tags)
            for arn, name in sorted(self._found.items(), key=lambda item: (item[1].casefold(), item[0]))
        )

    def absent(self) -> frozenset[str]:
        """Return which of the names the account has not; what may not be looked at is not among them.

        Where the policies of the account may not be listed, one under a path that is not attached is not seen.
        """
        there = {name.casefold() for name in self._found.values()}
        return frozenset(
            name
            for name in self._names
            if name.casefold() not in there
            and (self.all_listed or self._managed.is_absent(self._usual(name)))
        )

    def _usual(self, name: str) -> str:
        return f"{self._account}{name}"

    def _is_wanted(self, name: str) -> bool:
        known = name.casefold()
        return known in self._wanted or any(numbered_part(known, wanted) for wanted in self._wanted)
