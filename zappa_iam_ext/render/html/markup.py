"""HTML and SVG elements whose text and attributes are escaped, whatever they hold. Pure."""

from __future__ import annotations

from html import escape
from typing import TypeAlias

from zappa_iam_ext.render.text import line, plain


class Markup(str):
    """Text that is markup already: only what this module made, and the files of this package."""

    __slots__ = ()


Child: TypeAlias = "str | None"
Attribute: TypeAlias = "str | int | float | bool | None"
_VOID = frozenset({"meta", "input", "br", "path", "rect"})
_CAMEL = frozenset({"viewBox", "preserveAspectRatio"})


def element(tag: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """Return an element. Text is shown on one line without control characters; None is left out.

    A trailing ``_`` of an attribute's name falls away (``class_``), other ``_`` become ``-`` (``aria_label``). True gives the
    bare attribute, False and None none.
    """
    start = "".join([f"<{tag}", *(_attribute(key, value) for key, value in attributes.items())])
    if tag in _VOID:
        return Markup(f"{start}/>" if tag in {"path", "rect"} else f"{start}>")
    return Markup(f"{start}>{joined(*children)}</{tag}>")


def joined(*children: Child) -> Markup:
    """Return children one after the other."""
    return Markup("".join(_child(child) for child in children))


def preformatted(text: str) -> Markup:
    """Return text of several lines, escaped; its line ends stay."""
    return Markup(escape(plain(text)))


def _child(child: Child) -> str:
    if child is None:
        return ""
    return child if isinstance(child, Markup) else escape(line(child))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    told = _name(name)
    if value is True:
        return f" {told}"
    return f' {told}="{escape(line(str(value)))}"'


def _name(name: str) -> str:
    return name if name in _CAMEL else name.removesuffix("_").replace("_", "-")
