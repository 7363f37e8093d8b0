"""Permissions as the graph of each service: where they come from, by which step, actions, resources. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from zappa_iam_ext.check.grouping import short_resource
from zappa_iam_ext.render.formats.model import Item, Origin
from zappa_iam_ext.render.html.verdicts import RANK, Verdict, gravest, verdict_of

SOURCE, STEP, ACTION, RESOURCE = range(4)
"""The columns of a graph, from the left."""


@dataclass(frozen=True, slots=True)
class Permission:
    """An item that has an origin, with its number on the page and how often it was seen."""

    number: int
    item: Item
    origin: Origin
    verdict: Verdict
    count: int = 1


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its column, the row in which it stands, what it is called in short and in full, and whose it is.

    ``members`` are the numbers of the permissions that it is part of. ``setting`` says that it is a setting of Zappa.
    """

    column: int
    row: int
    label: str
    name: str
    verdict: Verdict
    members: tuple[int, ...]
    setting: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one node to another, by their places among the nodes."""

    start: int
    end: int
    verdict: Verdict
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """What is needed of one service: its permissions, gravest first, and their graph.

    ``whose`` names the role whose permissions they are; empty for who deploys.
    """

    service: str
    whose: str
    permissions: tuple[Permission, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def title(self) -> str:
        """What it is about: the service, and whose permissions they are if not the deployer's."""
        return f"{self.service}, {self.whose}" if self.whose else self.service

    @property
    def verdict(self) -> Verdict:
        """The gravest of its verdicts."""
        return gravest(permission.verdict for permission in self.permissions)

    @property
    def rows(self) -> int:
        """How many rows its graph takes."""
        return 1 + max(node.row for node in self.nodes)


def bands(items: Iterable[Item], first: int = 0) -> tuple[Band, ...]:
    """Return a band for each service, those with the gravest verdicts first; ``first`` is the number of the first permission."""
    found: dict[tuple[str, str], list[Permission]] = {}
    for permission in _permissions(items, first):
        service = permission.item.name.partition(":")[0].lower()
        found.setdefault((service, permission.origin.whose), []).append(permission)
    made = [_band(service, whose, permissions) for (service, whose), permissions in found.items()]
    return tuple(sorted(made, key=lambda band: (RANK[band.verdict.tone], band.whose, band.service)))


def _permissions(items: Iterable[Item], first: int) -> Iterator[Permission]:
    """Yield the items that have an origin; equal ones once, counted."""
    found: dict[tuple[object, ...], Permission] = {}
    for item in items:
        if item.origin is not None:
            key = (item.rule.id, item.outcome, item.name, item.where, item.message, item.origin, item.key)
            if key in found:
                found[key] = replace(found[key], count=found[key].count + 1)
            else:
                found[key] = Permission(first + len(found), item, item.origin, verdict_of(item))
    yield from found.values()


def _band(service: str, whose: str, permissions: Sequence[Permission]) -> Band:
    nodes = _Nodes()
    edges: dict[tuple[int, int], list[Permission]] = {}
    ordered = _ordered(permissions)
    for permission in ordered:
        origin, item = permission.origin, permission.item
        action = nodes.place(ACTION, item.name, permission)
        step = nodes.place(STEP, origin.step, permission, action)
        sources = [nodes.place(SOURCE, origin.source, permission, action)] if origin.source else []
        if origin.setting:
            sources.append(nodes.place(SOURCE, origin.setting, permission, action, setting=True))
        resource = nodes.place(RESOURCE, item.where, permission, action)
        pairs = [*((source, step) for source in sources), (step, action), (action, resource)]
        for pair in pairs:
            edges.setdefault(pair, []).append(permission)
    places, made = nodes.made()
    return Band(
        service,
        whose,
        tuple(sorted(ordered, key=lambda each: RANK[each.verdict.tone])),
        made,
        tuple(
            Edge(places[start], places[end], gravest(each.verdict for each in of), _numbers(of))
            for (start, end), of in edges.items()
        ),
    )


def _ordered(permissions: Sequence[Permission]) -> list[Permission]:
    """Return the permissions so that what belongs together stands together, the gravest first."""

    def worst(of: Callable[[Permission], str]) -> dict[str, int]:
        ranks: dict[str, int] = {}
        for each in permissions:
            rank = RANK[each.verdict.tone]
            ranks[of(each)] = min(ranks.get(of(each), rank), rank)
        return ranks

    steps = worst(lambda each: each.origin.step)
    actions = worst(lambda each: each.item.name)
    return sorted(
        permissions,
        key=lambda each: (
            steps[each.origin.step],
            each.origin.step,
            actions[each.item.name],
            each.item.name,
            RANK[each.verdict.tone],
            each.item.where,
        ),
    )


class _Nodes:
    """The boxes of one band while it is made: each column is filled from above."""

    def __init__(self) -> None:
        self._keys: dict[tuple[int, str, bool], int] = {}
        self._rows: list[int] = []
        self._members: list[list[Permission]] = []
        self._next = [0, 0, 0, 0]

    def place(
        self,
        column: int,
        name: str,
        permission: Permission,
        beside: int | None = None,
        *,
        setting: bool = False,
    ) -> int:
        """Return the place of a node, made where it is new: in the first free row, not above the node ``beside`` it."""
        key = (column, name, setting)
        if key not in self._keys:
            row = self._next[column]
            if beside is not None:
                row = max(row, self._rows[beside])
            self._next[column] = row + 1
            self._keys[key] = len(self._rows)
            self._rows.append(row)
            self._members.append([])
        place = self._keys[key]
        self._members[place].append(permission)
        return place

    def made(self) -> tuple[dict[int, int], tuple[Node, ...]]:
        """Return the nodes, column by column from above, and where each of the places is among them."""
        names = {place: key for key, place in self._keys.items()}
        order = sorted(names, key=lambda place: (names[place][0], self._rows[place]))
        short: dict[str, int] = {}
        for column, name, _ in self._keys:
            if column == RESOURCE:
                short[short_resource(name)] = short.get(short_resource(name), 0) + 1
        nodes = []
        for place in order:
            column, name, setting = names[place]
            label = short_resource(name) if column == RESOURCE else name
            label = name if column == RESOURCE and short[label] > 1 else label
            members = self._members[place]
            verdict = gravest(each.verdict for each in members)
            nodes.append(Node(column, self._rows[place], label, name, verdict, _numbers(members), setting))
        return {place: index for index, place in enumerate(order)}, tuple(nodes)


def _numbers(permissions: Sequence[Permission]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(permission.number for permission in permissions))
