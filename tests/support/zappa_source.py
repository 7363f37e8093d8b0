"""Reads Zappa's source as text, any version of it, and lists every AWS call it contains. Nothing is imported or run.

A *site* is one API operation in one function. Operations come out of botocore's and boto3's own models: a waiter polls
one, a paginator pages one, a resource loads by one, a managed transfer makes several.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore import xform_name

#: Until 0.60.2 the event sources were those of kappa, which Zappa pinned.
KAPPA = "0.6.0"
LAST_WITH_KAPPA = "0.60.2"
#: The modules that run on the deployer's machine.
DEPLOYER = ("cli.py", "core.py", "letsencrypt.py", "utilities.py")
#: The modules that run inside the function, with the execution role, and what begins them; `runtime_source` reads their calls.
RUNTIME = {
    "asgi.py": "handler.py imports it for ASGI applications",
    "asynchronous.py": "applications import it: it sends tasks to Lambda, SNS and DynamoDB",
    "ext/django_zappa.py": "handler.py imports it for Django",
    "handler.py": "Lambda calls it: it loads settings and archives from S3",
    "middleware.py": "handler.py imports it",
    "websocket.py": "handler.py and applications import it: it answers WebSocket clients",
    "wsgi.py": "handler.py imports it",
}
_PART = ("CreateMultipartUpload", "CompleteMultipartUpload", "AbortMultipartUpload")
#: What s3transfer does behind one method of the S3 client.
TRANSFERS: Mapping[str, tuple[str, ...]] = {
    "upload_file": ("PutObject", "UploadPart", *_PART),
    "upload_fileobj": ("PutObject", "UploadPart", *_PART),
    "download_file": ("HeadObject", "GetObject"),
    "download_fileobj": ("HeadObject", "GetObject"),
    "copy": ("HeadObject", "CopyObject", "UploadPartCopy", *_PART),
}
#: Methods of every client that call nothing.
SILENT = frozenset({"exceptions", "meta", "can_paginate"})
#: Zappa's own wrappers around a session: the service is a parameter there and named where they are called.
WRAPPERS = frozenset({"boto_client", "boto_resource"})


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """One API operation in one function of Zappa's source."""

    service: str
    operation: str
    module: str
    function: str

    @property
    def place(self) -> str:
        return f"{self.module}: {self.function}"


@dataclass(frozen=True, slots=True)
class Source:
    """What one version of Zappa's source says: its sites, its functions, and what could not be read."""

    version: str
    sites: frozenset[Site]
    functions: frozenset[str]
    unread: tuple[str, ...]


@dataclass
class Names:
    """Which attributes and which variables hold a client or a resource, and for which service.

    ``held`` are variables that hold a resource, ``factories`` functions that return a client.
    """

    clients: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    factories: dict[str, str] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)

    def copy(self) -> Names:
        """Return names that may be added to."""
        return Names(**{item.name: getattr(self, item.name).copy() for item in fields(self)})


@cache
def source(zappa: str = "") -> Source:
    """Return what the source of a version says; without one, that of the installed version."""
    texts = modules(zappa) if zappa else installed_modules()
    walked = {name: text for name, text in texts.items() if name in DEPLOYER or name.startswith("kappa/")}
    return read(walked, zappa or version("zappa"))


def read(texts: Mapping[str, str], zappa: str) -> Source:
    """Return what these modules say."""
    trees = {name: ast.parse(text) for name, text in sorted(texts.items())}
    names = Names()
    for tree in trees.values():
        learn(tree, names)
    sites: set[Site] = set()
    functions: set[str] = set()
    unread: list[str] = []
    for name, tree in trees.items():
        for function, node in functions_of(tree):
            functions.add(f"{name}: {function}")
            for service, operation in operations_of(names, f"{name}: {function}", node, unread):
                sites.add(Site(service, operation, name, function))
    return Source(zappa, frozenset(sites), frozenset(functions), tuple(unread))


def installed_modules() -> dict[str, str]:
    """Return the modules of the installed Zappa: path to text."""
    root = Path(next(iter(find_spec("zappa").submodule_search_locations)))
    return {str(path.relative_to(root)): path.read_text("utf-8") for path in sorted(root.rglob("*.py"))}


def modules(zappa: str) -> dict[str, str]:
    """Return the modules of a version, and of the kappa it brings: path to text. Downloads once, into the cache."""
    with zipfile.ZipFile(_download("zappa", zappa)) as wheel:
        found = {
            name.removeprefix("zappa/"): wheel.read(name).decode("utf-8")
            for name in wheel.namelist()
            if name.startswith("zappa/") and name.endswith(".py")
        }
    return found | (_kappa() if "import kappa" in found["utilities.py"] else {})


def _kappa() -> dict[str, str]:
    prefix = f"kappa-{KAPPA}/"
    with tarfile.open(_download("kappa", KAPPA)) as archive:
        members = [
            item
            for item in archive.getmembers()
            if item.name.startswith(f"{prefix}kappa/event_source/") and item.isfile()
        ]
        return {
            item.name.removeprefix(prefix): archive.extractfile(item).read().decode("utf-8")  # type: ignore[union-attr]
            for item in members
        }


def _download(project: str, release: str) -> Path:
    folder = Path(os.environ.get("ZAPPA_IAM_EXT_CACHE", ".cache")) / "sources"
    if not (found := list(folder.glob(f"{project}-{release}[-.]*"))):
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--quiet", "--no-input", "--no-deps", "--no-build-isolation", "--dest", str(folder)]
        command = [sys.executable, "-m", "pip", "download", *options, f"{project}=={release}"]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        found = list(folder.glob(f"{project}-{release}[-.]*"))
    return found[0]


def learn(tree: ast.AST, names: Names) -> Names:
    """Note every name that is given a client: ``self.x = boto_client("s3")``, ``x = session.client("sts")``."""
    nodes = list(ast.walk(tree))
    made = [node for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)]
    for node in made:
        _learn_made(node, names)
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.imported |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef):
            names.factories |= _returned(node, names)
    for node in made:
        service = names.factories.get(_last_name(node.value.func), "")
        targets = [target for target in node.targets if service and isinstance(target, ast.Name)]
        names.variables |= {target.id: service for target in targets}
    return names


def _returned(function: ast.FunctionDef, names: Names) -> dict[str, str]:
    """Return the function with the service of the client that it returns, if it does."""
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    services = [names.variables.get(value.id, "") for value in returned if isinstance(value, ast.Name)]
    service = next(filter(None, services), "")
    return {function.name: service} if service else {}


def _learn_made(node: ast.Assign, names: Names) -> None:
    kind, service = _made(node.value)
    for target in node.targets:
        if service and isinstance(target, ast.Name):
            (names.variables if kind == "client" else names.held)[target.id] = service
        elif service and isinstance(target, ast.Attribute):
            (names.clients if kind == "client" else names.resources)[target.attr] = service


def operations_of(
    names: Names, place: str, function: ast.AST, unread: list[str]
) -> Iterator[tuple[str, str]]:
    """Yield the operations that a function calls, each with its service; what cannot be read is noted in ``unread``."""
    yield from _Reader(names, place, unread).read(function)


def _made(call: ast.Call) -> tuple[str, str]:
    name = _last_name(call.func).removeprefix("boto_").removeprefix("create_")
    if name in {"client", "resource"} and call.args and isinstance(call.args[0], ast.Constant):
        return name, str(call.args[0].value)
    return "", ""


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def functions_of(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield every function with its qualified name; a nested one belongs to the function around it."""

    def visit(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{prefix}{child.name}", child
                yield from visit_classes(child, prefix)
            elif isinstance(child, ast.ClassDef):
                yield from visit(child, f"{child.name}.")
            else:
                yield from visit(child, prefix)

    def visit_classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                yield from visit(child, f"{child.name}.")
            elif not isinstance(child, ast.FunctionDef):
                yield from visit_classes(child, prefix)

    yield from visit(tree, "")


class _Reader:
    """Reads the calls of one function."""

    def __init__(self, names: Names, place: str, unread: list[str]) -> None:
        self.names, self.place, self.unread = names, place, unread
        self.local: dict[str, str] = {}

    def read(self, function: ast.AST) -> Iterator[tuple[str, str]]:
        nodes = list(_own(function))
        parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
        for node in nodes:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                self._note_resource(node)
        for node in nodes:
            if service := self._client(node):
                yield from self._use(service, node, parents)
            elif service := self._resource(node):
                yield from self._resource_use(service, parents.get(node), parents)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                yield from self._member(node)
            elif isinstance(node, ast.Call):
                self._dynamic(node)

    def _client(self, node: ast.AST) -> str:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            return self.names.variables.get(node.id, "")
        if isinstance(node, ast.Call):
            kind, service = _made(node)
            return service if kind == "client" else self.names.factories.get(_last_name(node.func), "")
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            return ""
        if _root(node) in self.names.imported or node.attr in WRAPPERS:
            return ""
        if node.attr.endswith("_client"):
            # A client that is used and never made is still a call in the source.
            return self.names.clients.get(node.attr) or node.attr.removesuffix("_client")
        return self.names.clients.get(node.attr, "")

    def _resource(self, node: ast.AST) -> str:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            return self.names.held.get(node.id, "")
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            return self.names.resources.get(node.attr, "")
        return ""

    def _use(
        self, service: str, node: ast.AST, parents: Mapping[ast.AST, ast.AST]
    ) -> Iterator[tuple[str, str]]:
        access = parents.get(node)
        if isinstance(access, ast.Attribute) and access.attr in SILENT:
            return
        if isinstance(access, ast.Call) and access.func is node and _made(access)[1]:
            return  # session.client("sns"), where an attribute of that name holds a client elsewhere
        call = parents.get(access) if access else None
        if not (isinstance(access, ast.Attribute) and isinstance(call, ast.Call) and call.func is access):
            if not _passed_on_by_name(access):
                self.unread.append(
                    f"{self.place} line {node.lineno}: {ast.unparse(node)} is used, not called"
                )
            return
        yield from self._operations(service, access.attr, call)

    def _operations(self, service: str, method: str, call: ast.Call) -> Iterator[tuple[str, str]]:
        first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if method == "get_waiter" and first:
            found: Iterable[str] = [waiter_operation(service, str(first))]
        elif method in {"get_paginator", "call"} and first:
            found = operations(service).get(str(first), ())
        elif service == "s3" and method in TRANSFERS:
            found = TRANSFERS[method]
        else:
            found = operations(service).get(method, ())
        if not found:
            self.unread.append(f"{self.place} line {call.lineno}: {ast.unparse(call.func)} is no operation")
        yield from ((service, operation) for operation in found)

    def _note_resource(self, node: ast.Assign) -> None:
        """Note ``policy = self.iam.RolePolicy(...)`` and ``role, arn = self.get_credentials_arn()``."""
        for service, kind in self._kinds(node.value):
            for target in node.targets:
                if name := _last_name(target):
                    self.local[name] = f"{service}.{kind}"

    def _kinds(self, call: ast.AST) -> Iterator[tuple[str, str]]:
        func = call.func if isinstance(call, ast.Call) else None
        if (
            isinstance(func, ast.Attribute)
            and func.attr[:1].isupper()
            and (service := self._resource(func.value))
        ):
            yield service, func.attr

    def _resource_use(
        self, service: str, access: ast.AST | None, parents: Mapping[ast.AST, ast.AST]
    ) -> Iterator[tuple[str, str]]:
        if not isinstance(access, ast.Attribute):
            self.unread.append(f"{self.place}: the resource of {service} is used, not called")
            return
        model = resource_model(service)
        if access.attr[:1].isupper():
            member = parents.get(parents.get(access))
            acts = actions_of(model["resources"][access.attr])
            if isinstance(member, ast.Attribute) and member.attr in acts:  # s3.Object(bucket, key).get()
                yield service, acts[member.attr]
                return
            load = model["resources"][access.attr].get("load")
            if load:  # an attribute that is read loads the resource
                yield service, load["request"]["operation"]
            return
        actions = actions_of(model["service"])
        if access.attr in actions:
            yield service, actions[access.attr]
        else:
            self.unread.append(f"{self.place}: {access.attr} is no action of the resource of {service}")

    def _member(self, node: ast.Attribute) -> Iterator[tuple[str, str]]:
        held = self.local.get(_last_name(node.value), "")
        if held:
            service, _, kind = held.partition(".")
            actions = actions_of(resource_model(service)["resources"][kind])
            if node.attr in actions:
                yield service, actions[node.attr]

    def _dynamic(self, call: ast.Call) -> None:
        """Tell of a client for a service that the source does not name, and of methods found by name."""
        name = _last_name(call.func)
        function = self.place.rpartition(".")[2]
        makes = name in {"client", "resource", *WRAPPERS} and not _made(call)[1] and function not in WRAPPERS
        if makes and (call.args or call.keywords):
            self.unread.append(f"{self.place} line {call.lineno}: {ast.unparse(call)}: which service?")


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _passed_on_by_name(access: ast.AST | None) -> bool:
    """Say whether what holds the name hands on the client itself, whose calls are read where it ends up."""
    return isinstance(access, ast.Assign | ast.Compare | ast.Return)


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function, those of functions in it included, those of classes in it not."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.ClassDef):
            yield child
            yield from _own(child)


def actions_of(model: Mapping[str, Any]) -> dict[str, str]:
    """Return the operations of a resource by the name of its method."""
    return {
        xform_name(name): action["request"]["operation"] for name, action in model.get("actions", {}).items()
    }


@cache
def operations(service: str) -> dict[str, tuple[str, ...]]:
    """Return the operations of a service by the name of the client's method."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): (name,) for name in model.operation_names}


@cache
def waiter_operation(service: str, waiter: str) -> str:
    """Return the operation that a waiter polls."""
    session = botocore.session.get_session()
    model = session.get_waiter_model(service)
    (name,) = (name for name in model.waiter_names if xform_name(name) == waiter)
    return str(model.get_waiter(name).operation)


@cache
def resource_model(service: str) -> dict[str, dict[str, dict]]:
    """Return boto3's model of a service resource."""
    (path,) = (Path(boto3.__file__).parent / "data" / service).glob("*/resources-1.json")
    return json.loads(path.read_text("utf-8"))
