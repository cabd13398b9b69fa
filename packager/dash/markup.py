"""XML as text: one function that writes an element (Extensible Markup Language 1.0, 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def element(name: str, attributes: Mapping[str, object], *children: str) -> str:
    """An element and its children, each on lines of its own; attributes that are None are left out."""
    head = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items() if value is not None)
    if not children:
        return f"<{name}{head}/>\n"
    return f"<{name}{head}>\n{''.join(_indented(children))}</{name}>\n"


def text(name: str, content: str) -> str:
    """An element with nothing but text, on one line."""
    return f"<{name}>{escape(content)}</{name}>\n"


def _indented(children: Iterable[str]) -> Iterable[str]:
    return (f" {line}\n" for child in children for line in child.splitlines())
