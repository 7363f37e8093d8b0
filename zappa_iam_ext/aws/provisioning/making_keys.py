"""Makes an access key so that its secret is seen by nobody on the way, and so that a lost answer makes no second key.

botocore logs the bodies of answers, quotes an answer that it cannot read in its error, and sends a request again when no
answer came: none of that is for this one call. What other programs of the user may read of this process, its memory or
a core file, is out of reach.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.history import get_global_history_recorder

from zappa_iam_ext.aws.asking.retrying import NOT_YET_VISIBLE, retry
from zappa_iam_ext.aws.errors import THROTTLED, code_of, translate
from zappa_iam_ext.aws.secret import AccessKey, Secret, without_frames
from zappa_iam_ext.errors import AwsUnavailable, ProvisioningError

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

_ABOVE_ALL = 1 << 30
"""Above every level of a log record."""
_CALL, _SEND = "before-call.iam.CreateAccessKey", "before-send.iam.CreateAccessKey"
_SERVER_ERROR = 500


@without_frames
def create_access_key(iam: IAMClient, user: str, sleep: Callable[[float], None]) -> AccessKey:
    """Return a new access key of ``user``.

    When the answer is lost, the key that came into being, if it can only be that one, is deleted: nobody has its secret.
    Raises `AwsUnavailable` then, `ProvisioningError` naming keys that may be left, and botocore's `ClientError` when IAM
    refuses. No error carries anything of an answer that held a key.
    """
    before = set(key_ids(iam, user))
    made = _made(iam, user, before, sleep)
    if isinstance(made, ClientError):
        raise made
    if made is None:
        _drop_the_new_one(iam, user, before, sleep)
        raise AwsUnavailable("the answer of iam:CreateAccessKey was lost", hint="Try again in a minute.")
    return made


def key_ids(iam: IAMClient, user: str) -> tuple[str, ...]:
    """Return the ids of the user's access keys."""
    pages = iam.get_paginator("list_access_keys").paginate(UserName=user)
    return tuple(key["AccessKeyId"] for page in pages for key in page["AccessKeyMetadata"])


def delete_keys(
    iam: IAMClient, user: str, ids: tuple[str, ...], sleep: Callable[[float], None], *, new: bool = True
) -> None:
    """Delete access keys that nobody can use; raise `ProvisioningError` naming one that is left.

    One that is ``new`` may not be visible yet; one that is listed no more is gone: the answer was lost, and botocore asked again.
    """
    later = NOT_YET_VISIBLE if new else frozenset()
    for key_id in ids:
        try:
            retry(partial(iam.delete_access_key, UserName=user, AccessKeyId=key_id), later, sleep)
        except (BotoCoreError, ClientError) as error:
            if _is_gone(iam, user, key_id, error):
                continue
            what = (
                "was created, could not be stored, and could not be deleted again"
                if new
                else "is not deleted"
            )
            raise ProvisioningError(
                f"the access key {key_id} {what}: {translate(error, 'iam:DeleteAccessKey')}",
                hint=f"aws iam delete-access-key --user-name {user} --access-key-id {key_id}",
            ) from None


def _is_gone(iam: IAMClient, user: str, key_id: str, error: BotoCoreError | ClientError) -> bool:
    if not isinstance(error, ClientError) or code_of(error) not in NOT_YET_VISIBLE:
        return False
    with contextlib.suppress(BotoCoreError, ClientError):
        return key_id not in key_ids(iam, user)
    return False


def _made(
    iam: IAMClient, user: str, before: set[str], sleep: Callable[[float], None]
) -> AccessKey | ClientError | None:
    """Return the key, or IAM's refusal, or None when it is not known whether there is one."""
    try:
        with unobserved(), _sent_once(iam):
            return retry(lambda: _asked(iam, user), NOT_YET_VISIBLE | THROTTLED, sleep)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error if status < _SERVER_ERROR else None
    except Exception:  # noqa: BLE001  -- botocore raises what it likes for an answer that it cannot read, and quotes it
        return None
    except BaseException:  # Ctrl-C while the answer is on its way must not orphan a key
        _drop_the_new_one(iam, user, before, sleep)
        raise


def _asked(iam: IAMClient, user: str) -> AccessKey:
    answer = iam.create_access_key(UserName=user)["AccessKey"]
    return AccessKey(answer["AccessKeyId"], Secret(answer["SecretAccessKey"]))


def _drop_the_new_one(iam: IAMClient, user: str, before: set[str], sleep: Callable[[float], None]) -> None:
    new = tuple(sorted(set(key_ids(iam, user)) - before))
    if len(new) > 1:
        raise ProvisioningError(
            f"the answer of iam:CreateAccessKey was lost; one of the new access keys {' and '.join(new)} is that key,"
            " and nobody has its secret; none was deleted, since the other is somebody else's",
            hint=f"`aws iam get-access-key-last-used --access-key-id {new[0]}` tells which one is used.",
        )
    delete_keys(iam, user, new, sleep)


@contextlib.contextmanager
def unobserved() -> Iterator[None]:
    """Let no logger of this process speak, nor botocore's history record, whoever listens."""
    recorder: Any = get_global_history_recorder()
    level, recording = logging.root.manager.disable, getattr(recorder, "_enabled", False)
    logging.disable(_ABOVE_ALL)
    recorder.disable()
    try:
        yield
    finally:
        logging.disable(level)
        if recording:
            recorder.enable()


class _AnswerLost(Exception):
    """The request would be sent a second time, although the first may have made a key."""


@contextlib.contextmanager
def _sent_once(iam: IAMClient) -> Iterator[None]:
    """Keep botocore from sending the request again by itself; each call of ours is sent once."""
    sent: list[object] = []

    def begin(request: Any, **_: Any) -> None:
        if sent:
            raise _AnswerLost
        sent.append(request)

    def renew(**_: Any) -> None:
        sent.clear()

    iam.meta.events.register(_CALL, renew)
    iam.meta.events.register(_SEND, begin)
    try:
        yield
    finally:
        iam.meta.events.unregister(_CALL, renew)
        iam.meta.events.unregister(_SEND, begin)
