"""Questions and what follows from their answers: all that can be asked at once is one round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from zappa_iam_ext.aws.asking.together import Deadline, together
from zappa_iam_ext.aws.errors import DENIED, EXPIRED, REJECTED, code_of, scrub, translate
from zappa_iam_ext.errors import ZappaIamError

#: What an answer raises that lacks what AWS's answers have.
_NO_ANSWER_OF_AWS = (ResponseParserError, LookupError, TypeError, AttributeError, ValueError)


class NotAwsAnswer(ValueError):
    """An answer that is not AWS's: what it must hold is not there."""


@dataclass(frozen=True, slots=True)
class Question:
    """One call that reads: the IAM action it needs, and what it is about in words.

    ``then`` takes the answer, ``otherwise`` the exception; each returns the questions that follow.
    """

    action: str
    what: str
    call: Callable[[], Any]
    then: Callable[[Any], Iterable[Question]]
    otherwise: Callable[[Question, Exception], Iterable[Question]]


def ask_all(questions: Iterable[Question], deadline: Deadline) -> None:
    """Ask questions, round by round, until no other follows. No round takes more than half of the time that is left.

    Raises `CredentialsProblem` when the credentials expire meanwhile. What else fails is left to the questions.
    """
    asking = list(questions)
    while asking:
        answers = together([question.call for question in asking], deadline.half())
        asking = [
            following
            for question, answer in zip(asking, answers, strict=True)
            for following in _following(question, answer)
        ]


def _following(question: Question, answer: Any) -> list[Question]:
    if not isinstance(answer, Exception):
        try:
            return list(question.then(answer))
        except _NO_ANSWER_OF_AWS:
            answer = NotAwsAnswer()
    if code_of(answer) in EXPIRED and isinstance(answer, ClientError):
        raise translate(answer, question.action)
    return list(question.otherwise(question, answer))


def why(question: Question, error: Exception) -> str:
    """Return what could not be read, and the reason, as one line."""
    return f"{scrub(question.what)}: {reason(question.action, error)}"


def reason(action: str, error: Exception) -> str:
    """Return why a call told nothing; ``action`` is the IAM action it needs."""
    if code_of(error) in DENIED and _is_of_aws(error):
        return f"{action} is denied"
    if code_of(error) in REJECTED and isinstance(error, ClientError):
        return f"{action}: {translate(error, action)}"
    if code_of(error) == "NoSuchEntity":
        return f"{action}: IAM lists it, and says that it is not there"
    if isinstance(error, ClientError | BotoCoreError):
        return f"{action}: {translate(error, action)}"
    if isinstance(error, ZappaIamError):
        return f"{action}: {error}"
    return f"{action}: what answered is not AWS; is there a proxy on the way?"


def _is_of_aws(error: Exception) -> bool:
    """Say whether an error has a code in words: what is no answer of AWS gets its HTTP status for a code."""
    return not code_of(error).isdigit()


def pages(paginator: Any, key: str, **identity: str) -> list[Any]:
    """Return the items of all pages; raise `ValueError` for a list that ends before its end."""
    items: list[Any] = []
    for page in paginator.paginate(**identity):
        items += page[key]
        more = page.get("IsTruncated") and not page.get("Marker")
        if more:
            raise ValueError("a list without its end")
    return items


def nothing(_: Any, __: Any = None) -> Iterator[Question]:
    """Follow nothing up."""
    return iter(())
