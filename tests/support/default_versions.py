"""``SetDefaultPolicyVersion``, which the local AWS lacks, for a proxy before it: the versions keep their names."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from botocore import xform_name

from tests.support.proxy import Answer, Request

_DONE = Answer(200, b"<SetDefaultPolicyVersionResponse><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></SetDefaultPolicyVersionResponse>")  # fmt: skip


class DefaultVersions:
    """Writes a version once more to make it the default one, and lets nobody see that it has another name now."""

    def __init__(self, client: Any) -> None:
        self.client, self.actual = client, {}

    def performed(self, request: Request) -> Answer | None:
        """Return the answer where the request makes a version the default one, or asks for one of another name; else None."""
        arn, version = _subject(request)
        if request.action == "SetDefaultPolicyVersion":
            return self._made_default(arn, version)
        if (arn, version) in self.actual:
            return self._answered(request, arn, self.actual[arn, version])
        return None

    def _made_default(self, arn: str, version: str) -> Answer:
        now = self.actual.get((arn, version), version)
        if self.client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] != now:
            held = self.client.get_policy_version(PolicyArn=arn, VersionId=now)["PolicyVersion"]["Document"]
            self.client.delete_policy_version(PolicyArn=arn, VersionId=now)
            made = self.client.create_policy_version(
                PolicyArn=arn, PolicyDocument=json.dumps(held), SetAsDefault=True
            )
            self.actual[arn, version] = made["PolicyVersion"]["VersionId"]
        return _DONE

    def _answered(self, request: Request, arn: str, now: str) -> Answer:
        """Ask for the version by its name of now: a request cannot be changed, it is signed."""
        body: list[bytes] = []
        event = "after-call.iam"
        self.client.meta.events.register(
            event, lambda http_response, **_: body.append(http_response.content), event
        )
        try:
            getattr(self.client, xform_name(request.action))(PolicyArn=arn, VersionId=now)
        finally:
            self.client.meta.events.unregister(event, unique_id=event)
        return Answer(200, body[-1])

    def told(self, request: Request, answer: Answer) -> Answer:
        """Return the answer with the names that the versions have for whoever asks."""
        arn, _ = _subject(request)
        body = answer.body
        for (policy, version), now in self.actual.items():
            if policy == arn:
                body = body.replace(f">{now}<".encode(), f">{version}<".encode())
        return Answer(answer.status, body, answer.kind)


def _subject(request: Request) -> tuple[str, str]:
    asked = parse_qs(request.body.decode("latin-1"))
    return asked.get("PolicyArn", [""])[0], asked.get("VersionId", [""])[0]
