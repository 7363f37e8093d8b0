"""What a message says was denied."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Denial:
    """What a message says was denied; empty where it does not say.

    ``layer`` is the kind of policy it blames, ``cross-account`` for a role that was passed from another account, or
    ``grant`` for a key that no grant lets the role use. ``policy`` is that policy's ARN, ``encoded`` an authorisation
    message that only ``sts:DecodeAuthorizationMessage`` can read. ``by_role`` says that the function's own execution
    role is meant rather than whoever deploys. ``also`` holds the actions that the message names beside ``action``,
    without saying which one of them is missing. ``service`` is the prefix of the service that answered, where the
    text names no operation. ``by_service_role`` says that the role was denied that CloudFormation was given, though no ARN tells.
    """

    action: str = ""
    resource: str = ""
    principal: str = ""
    operation: str = ""
    layer: str = ""
    explicit: bool = False
    encoded: str = ""
    by_role: bool = False
    policy: str = ""
    also: tuple[str, ...] = ()
    service: str = ""
    by_service_role: bool = False
