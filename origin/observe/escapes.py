"""Control characters in log lines, made visible: whoever reads a log in a terminal is told what came, not commanded.

C0, DEL and C1 of ECMA-48: among them are the beginnings of colours, titles and cursor movements, and the line breaks by
which one event could pass for two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0))
_LINE: Final = {code: f"\\x{code:02x}" for code in _CONTROLS} | {9: "\\t", 10: "\\n", 13: "\\r"}
_BLOCK: Final = {code: shown for code, shown in _LINE.items() if chr(code) not in "\t\n"}
_BLOCKS: Final = frozenset({"exception", "stack"})
"""What structlog writes in several lines."""


def line(text: str) -> str:
    """What stands in one line."""
    return text.translate(_LINE)


def block(text: str) -> str:
    """What has lines of its own."""
    return text.translate(_BLOCK)


def values(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Escape the strings of an event; the others are rendered by their `repr`, which does so by itself."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = block(value) if key in _BLOCKS else line(value)
    return event
