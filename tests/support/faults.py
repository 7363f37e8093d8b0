"""What can go wrong between us and AWS, at one call or at several: for a proxy before the local AWS."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.support.proxy import Answer, Request

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Please sign in<br>to go on</body></html>"
XHTML = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head/><body><p>Sign in</p></body></html>'
_DOCUMENT = re.compile(rb"<(Document|PolicyDocument)>[^<]*</")


def error(status: int, code: str, message: str) -> Answer:
    """Return an error as AWS's query protocol has it."""
    told = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    return Answer(status, told.encode())


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request instead of an answer, or to its answer."""

    before: Callable[[Request], Answer | None] = lambda _: None
    after: Callable[[Request, Answer], Answer] = lambda _, answer: answer


def instead(answer: Answer) -> Fault:
    """Return the fault that something else answers."""
    return Fault(before=lambda _: answer)


def document(text: bytes) -> Fault:
    """Return the fault that the account holds this for a policy document."""
    return Fault(
        after=lambda _, answer: Answer(
            answer.status,
            _DOCUMENT.sub(rb"<\1>" + text.replace(b"\\", b"\\\\") + rb"</", answer.body),
            answer.kind,
        )
    )


def _empty(request: Request) -> Answer:
    name = request.action
    return Answer(200, f"<{name}Response><{name}Result></{name}Result></{name}Response>".encode())


def late(seconds: float) -> Fault:
    """Return the fault that an answer comes late."""

    def before(_: Request) -> None:
        time.sleep(seconds)

    return Fault(before=before)


LATE = "an answer that comes too late"
#: Every fault by what it is.
FAULTS: Mapping[str, Fault] = {
    "denied": instead(error(403, "AccessDenied", "User is not authorized to perform it")),
    "throttled": instead(error(400, "Throttling", "Rate exceeded")),
    "too many requests": instead(error(429, "TooManyRequestsException", "slow down")),
    "a dropped connection": instead(Answer(0)),
    LATE: late(4.0),
    "an error of the server": instead(error(503, "ServiceUnavailable", "busy")),
    "gone": instead(error(404, "NoSuchEntity", "The entity cannot be found.")),
    "a page with status 200": instead(Answer(200, PAGE, "text/html")),
    "a page with status 403": instead(Answer(403, PAGE, "text/html")),
    "a page with status 407": instead(Answer(407, PAGE, "text/html")),
    "a page with status 502": instead(Answer(502, PAGE, "text/html")),
    "a page that is XML": instead(Answer(200, XHTML, "text/html")),
    "a page that is XML, with status 403": instead(Answer(403, XHTML, "text/html")),
    "nothing": instead(Answer(200)),
    "JSON": instead(Answer(200, b'{"ok": true}', "application/json")),
    "an empty result": Fault(before=_empty),
    "half an answer": Fault(after=lambda _, answer: Answer(answer.status, answer.body[: len(answer.body) // 2])),
    "a clock that is wrong": instead(
        error(403, "SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20261126T000000Z")
    ),
    "credentials that IAM does not accept": instead(error(403, "InvalidClientTokenId", "The security token is invalid")),
    "an unknown error": instead(error(418, "Te&#x7;apot", "short &#x1b;[31mand stout")),
}  # fmt: skip
#: Documents that no policy is, as an account may hold them.
DOCUMENTS: Mapping[str, Fault] = {
    "no JSON": document(b"%7Bnot json"),
    "no object": document(b"%5B%5D"),
    "null": document(b"null"),
    "empty": document(b""),
    "no UTF-8": document(b"%ff%fe"),
    "an unknown element": document(
        b"%7B%22Statement%22%3A%5B%7B%22Efect%22%3A%22Deny%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D"
    ),
    "deep nesting": document(b"%5B" * 20000),
}
