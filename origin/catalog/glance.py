"""One look into a catalog of SQLite by the standard library alone, for commands that are over in a moment.

SQLAlchemy takes longer to load than ten minutes of film take to be packaged. Nothing is changed, made or migrated here:
where anything is not as expected, whoever looks does it the long way.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_NEWEST: Final = """
SELECT kid, sealed_private FROM signing_keys WHERE retired_at IS NULL ORDER BY created_at DESC, kid LIMIT 1
"""
"""As `signing_keys.active` has it: the first one that is to sign."""


def signing_key(path: Path) -> tuple[str, bytes] | None:
    """The `kid` and the sealed private half of the key to sign with; None where this cannot tell."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute(_NEWEST).fetchone()
    except sqlite3.Error:
        return None
    return (str(row[0]), bytes(row[1])) if row else None
