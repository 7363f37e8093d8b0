"""Managed policies, each read once, however many ways it is attached.

Which version is in force is told by a list of all policies, where that may be read, or by GetPolicy. Until one of them has
told, the first version is asked for beside it: its answer says whether it is the one in force, and most policies have
no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.aws.documents import tags_from
from zappa_iam_ext.aws.errors import code_of
from zappa_iam_ext.aws.reading.questions import NotAwsAnswer, Question, nothing, reason

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

_FIRST = "v1"


@dataclass(slots=True)
class ManagedPolicy:
    """One managed policy as far as it is known: its default version, its tags, the answer that holds its document.

    ``failed`` is why it could not be read, ``gone`` that it vanished meanwhile, ``absent`` that GetPolicy knows no such
    policy. ``asked`` says that its document is wanted, ``pending`` that the version in force is on its way.
    """

    version: str = ""
    tags: Mapping[str, str] | None = None
    answer: Mapping[str, Any] | None = None
    failed: str = ""
    gone: bool = False
    absent: bool = False
    asked: bool = False
    pending: bool = False
    first: tuple[Question, Exception] | None = field(default=None, repr=False)


class ManagedPolicies:
    """Reads managed policies by ARN, and remembers them."""

    def __init__(self, iam: IAMClient) -> None:
        self._iam = iam
        self.known: dict[str, ManagedPolicy] = {}

    def told(self, listed: Mapping[str, Any]) -> None:
        """Remember the default version of a policy that a list names."""
        self._of(listed["Arn"]).version = listed["DefaultVersionId"]

    def is_absent(self, arn: str) -> bool:
        """Say whether IAM said that there is no such policy."""
        return arn in self.known and self.known[arn].absent

    def document(self, arn: str, what: str) -> Iterator[Question]:
        """Yield the questions for the document in force, unless they were asked already."""
        policy = self._of(arn)
        if policy.asked:
            return
        policy.asked = True
        if policy.version:
            yield self._version(arn, what, policy.version)
        else:
            yield self._first_version(arn, what)
            yield self.described(arn, what)

    def described(self, arn: str, what: str) -> Question:
        """Return the question for a policy's default version and tags."""
        iam = self._iam

        def then(answer: Any) -> Iterator[Question]:
            told = answer["Policy"]
            policy = self._of(arn)
            policy.version = told["DefaultVersionId"]
            policy.tags = tags_from(told)
            if policy.asked and not policy.pending and policy.answer is None:
                yield from self._rest(arn, what, policy)

        return Question(
            "iam:GetPolicy", what, lambda: iam.get_policy(PolicyArn=arn), then, self._not_described(arn)
        )

    def _rest(self, arn: str, what: str, policy: ManagedPolicy) -> Iterator[Question]:
        """Yield what is left to ask for a document once its version is known."""
        if policy.first and policy.version == _FIRST:
            self._fail(arn, *policy.first)
        else:
            yield self._version(arn, what, policy.version)

    def _not_described(self, arn: str) -> Any:
        def otherwise(question: Question, error: Exception) -> Iterator[Question]:
            policy = self._of(arn)
            policy.absent = code_of(error) == "NoSuchEntity"
            if policy.asked and not policy.pending and policy.answer is None:
                self._fail(arn, question, error)
            return nothing(error)

        return otherwise

    def _first_version(self, arn: str, what: str) -> Question:
        def then(answer: Any) -> Iterator[Question]:
            if answer["PolicyVersion"].get("IsDefaultVersion") is True:
                self._read(arn, answer)
            return nothing(answer)

        def otherwise(question: Question, error: Exception) -> Iterator[Question]:
            self._of(arn).first = question, error
            return nothing(error)

        return self._versioned(arn, what, _FIRST, then, otherwise)

    def _version(self, arn: str, what: str, version: str) -> Question:
        self._of(arn).pending = True

        def then(answer: Any) -> Iterator[Question]:
            if answer["PolicyVersion"].get("IsDefaultVersion") is False:
                self._of(arn).gone = True
                self._of(arn).failed = "it is being changed"
            else:
                self._read(arn, answer)
            return nothing(answer)

        def otherwise(question: Question, error: Exception) -> Iterator[Question]:
            self._fail(arn, question, error)
            return nothing(error)

        return self._versioned(arn, what, version, then, otherwise)

    def _versioned(self, arn: str, what: str, version: str, then: Any, otherwise: Any) -> Question:
        iam = self._iam
        return Question(
            "iam:GetPolicyVersion",
            what,
            lambda: iam.get_policy_version(PolicyArn=arn, VersionId=version),
            then,
            otherwise,
        )

    def _read(self, arn: str, answer: Mapping[str, Any]) -> None:
        version = answer["PolicyVersion"]
        if not isinstance(version["Document"], str | Mapping):
            raise NotAwsAnswer
        policy = self._of(arn)
        policy.answer = answer
        policy.version = version["VersionId"]
        policy.failed, policy.gone = "", False

    def _fail(self, arn: str, question: Question, error: Exception) -> None:
        policy = self._of(arn)
        policy.failed = reason(question.action, error)
        policy.gone = code_of(error) == "NoSuchEntity"

    def _of(self, arn: str) -> ManagedPolicy:
        return self.known.setdefault(arn, ManagedPolicy())
