"""What Lambda says of the execution role when a function or a mapping is made or run: it names no principal, mostly no ARN."""

from __future__ import annotations

import re

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.wordings.deployer import Reading, Wording, pattern
from zappa_iam_ext.permissions.denials.wordings.services import action_of, prefix_of

_ARN = r"arn:[^\s\"'<>]{1,1000}+"
#: The execution role in words, with its ARN where it is told.
_ROLE = rf"\b(?:execution|function(?:'s)?|Lambda(?:'s)?) role(?: [\['\"(]?(?P<role>{_ARN})[\]'\")]?)?"
_LACKS = r"(?:(?:does not|doesn't|do not|don't) have|lacks|is missing|must have|needs|requires)"
_CALL = r"['\"`]?(?P<call>[a-z0-9-]{2,40}:\w{2,80}|(?-i:[A-Z][A-Za-z0-9]{2,80}))['\"`]?"
_ON = (
    rf"(?:(?: action| operation| API)? on(?: the| resource:?)* ['\"]?(?P<service>{_ARN}"
    r"|(?:Amazon |AWS )?[a-z0-9][\w-]{0,40}(?: (?:Data|Streams?|Manager|MQ|Functions|Logs))*))?"
)
#: The actions that a stream is read with (observed: one of them missing, and the mapping is refused).
_STREAM = ("DescribeStream", "GetShardIterator")
_ARN_PARTS = 5
#: What Lambda does with the execution role to connect a function with a VPC (observed: Lambda names the first one alone).
_INTERFACES = ("ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces")


def _call(match: re.Match[str], _: str) -> Reading:
    words = (match["service"] or "").rstrip(".,:;'\")")
    resource = words if words.startswith("arn:") else ""
    call = match["call"]
    action = call if ":" in call else _action(call, words)
    return {"action": action, "resource": resource, "principal": (match["role"] or "").rstrip(".,;'\")]")}


def _action(call: str, words: str) -> str:
    """Return the action of an operation on an ARN or on a service in words."""
    if words.startswith("arn:"):
        prefix = words.split(":")[2] if words.count(":") > 1 else ""
    else:
        named = words.split()
        prefix = next(
            filter(None, (prefix_of(" ".join(named[:end])) for end in range(len(named), 0, -1))), ""
        )
    if prefix:
        return action_of(call, prefix) or f"{prefix}:{call}"
    return action_of(call) or (f"{words.lower()}:{call}" if re.fullmatch(r"[A-Za-z0-9-]+", words) else "")


def _stream(match: re.Match[str], _: str) -> Reading:
    arn = match["arn"].rstrip(".,")
    service = arn.split(":")[2] if arn.count(":") >= _ARN_PARTS else "dynamodb"
    return {
        "action": f"{service}:GetRecords",
        "resource": arn,
        "also": tuple(f"{service}:{name}" for name in _STREAM),
    }


VALIDATION_WORDINGS: tuple[Wording, ...] = (
    Wording(
        ("role",),
        pattern(
            rf"{_ROLE} {_LACKS}(?: the| required| necessary| sufficient)* permissions? (?:to|for)"
            rf"(?: (?:(?-i:call|perform)|(?:call|perform|invoke|use|the|action|API|operation)\b))*:?\s*{_CALL}{_ON}"
        ),
        Denial(by_role=True),
        "AWS Lambda's answer to CreateFunction, UpdateFunctionConfiguration, CreateEventSourceMapping and"
        " PutFunctionEventInvokeConfig; for queues observed, lambda-roles.json",
        _call,
    ),
    Wording(
        ("role",),
        pattern(
            rf"\b(?:provided|specified|given) role {_LACKS} permissions? to call (?P<call>(?-i:[A-Z][A-Za-z0-9]{{2,80}}))"
            r" on (?P<service>(?:Amazon |AWS )?(?!arn:)[A-Za-z0-9][\w-]{1,40})"
        ),
        Denial(by_role=True),
        "the same in older answers; CloudFormation says of its own role that it may not perform something",
        lambda match, _: {"action": _action(match["call"], match["service"])},
    ),
    Wording(
        ("stream",),
        pattern(rf"Cannot access stream (?P<arn>{_ARN}) Please ensure the role can perform"),
        Denial(by_role=True),
        "AWS Lambda's answer to CreateEventSourceMapping for a stream; which actions: observed, lambda-roles.json",
        _stream,
    ),
    Wording(
        ("insufficientrolepermissions",),
        pattern(r"\bInsufficientRolePermissions\b"),
        Denial(by_role=True, service="lambda"),
        "AWS Lambda API Reference: FunctionConfiguration, StateReasonCode and LastUpdateStatusReasonCode",
    ),
    Wording(
        ("event_source_authz_error", "event source"),
        pattern(
            r"\bEVENT_SOURCE_AUTHZ_ERROR\b|Lambda does not have (?:the )?required permissions to access the event source"
        ),
        Denial(by_role=True, service="lambda"),
        "AWS Lambda Developer Guide: Troubleshoot Amazon MQ event source mapping errors, EVENT_SOURCE_AUTHZ_ERROR",
    ),
    Wording(
        ("authorize",),
        pattern(r"\b(?:Cluster|Server|Broker) failed to authorize Lambda"),
        Denial(by_role=True, service="kafka"),
        "AWS Lambda Developer Guide: Troubleshooting Kafka event source mapping errors, cluster failed to authorize Lambda",
    ),
    Wording(
        ("ec2accessdenied", "additional"),
        pattern(
            r"\bEC2AccessDenied(?:Exception)?\b|\bneeds? additional permissions to configure (?:the )?VPC settings"
        ),
        Denial(action="ec2:CreateNetworkInterface", by_role=True, also=_INTERFACES),
        "AWS Lambda API Reference: Invoke, EC2AccessDeniedException",
    ),
    Wording(
        ("assume",),
        pattern(r"\bLambda failed to assume (?:your |the )?(?:function(?:'s)? )?(?:execution )?role"),
        Denial(action="sts:AssumeRole", layer="resource", principal="lambda.amazonaws.com", by_role=True),
        "AWS Lambda API Reference: EventSourceMappingConfiguration, LastProcessingResult; AWS Support's EKS and Lambda runbooks",
    ),
)
