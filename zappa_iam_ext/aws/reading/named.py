"""A managed policy that is looked for by its name, with its further parts: attached or not, under whatever path and case.

Names of policies are unique in an account, whatever their path and case (IAM User Guide, "IAM and AWS STS quotas").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from zappa_iam_ext.aws.reading.managed import ManagedPolicies
from zappa_iam_ext.aws.reading.model import NamedPolicy
from zappa_iam_ext.aws.reading.questions import Question
from zappa_iam_ext.plan import numbered_part


class NamedPolicies:
    """Looks for one policy by name; asks nothing where the name is empty.

    ``usual`` is the ARN that it has without a path. ``all_listed`` says that every policy of the account was named.
    """

    def __init__(self, managed: ManagedPolicies, name: str, partition: str, account: str) -> None:
        self._managed = managed
        self._name = name.casefold()
        self._account = f":iam::{account}:policy/"
        self.usual = f"arn:{partition}:iam::{account}:policy/{name}" if name else ""
        self.all_listed = False
        self._found: dict[str, str] = {}

    def first(self) -> Iterator[Question]:
        """Yield what is asked before anything is known."""
        if self.usual:
            question = self._managed.described(self.usual, self._what)

            def then(answer: Any) -> Iterator[Question]:
                yield from question.then(answer)
                yield from self.listed(answer["Policy"]["PolicyName"], self.usual)

            yield replace(question, then=then)

    def listed(self, name: str, arn: str) -> Iterator[Question]:
        """Yield what is asked about a policy that the account has."""
        if self._is_wanted(name, arn) and arn not in self._found:
            self._found[arn] = name
            yield from self._managed.document(arn, self._what)
            if arn != self.usual and name.casefold() == self._name:
                yield self._managed.described(arn, self._what)

    attached = listed

    def found(self) -> tuple[NamedPolicy, ...]:
        """Return what was found, the policy by the very name first."""
        order = sorted(self._found.items(), key=lambda item: (item[1].casefold() != self._name, item[1]))
        return tuple(
            NamedPolicy(name, arn, known.version, known.tags)
            for arn, name in order
            for known in [self._managed.known[arn]]
        )

    def exists(self) -> bool | None:
        """Say whether the policy by the very name is there; None where nobody may tell.

        Where the policies of the account may not be listed, one under a path that is not attached is not seen.
        """
        if any(name.casefold() == self._name for name in self._found.values()):
            return True
        usual = self._managed.known.get(self.usual)
        return False if self.all_listed or (usual and usual.absent) else None

    @property
    def _what(self) -> str:
        return f"policy {self.usual.rpartition('/')[2]}"

    def _is_wanted(self, name: str, arn: str) -> bool:
        known = name.casefold()
        return (
            bool(self._name)
            and self._account in arn
            and (known == self._name or numbered_part(known, self._name))
        )
