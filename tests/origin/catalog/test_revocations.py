from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.catalog import revocations
from origin.catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_a_revocation_lasts_until_the_token_would_have_expired(conn: Connection) -> None:
    revocations.add(conn, "short", DEFAULT_TENANT, 20.0, 10.0)
    revocations.add(conn, "long", DEFAULT_TENANT, 30.0, 10.0)
    revocations.add(conn, "ever", DEFAULT_TENANT, None, 10.0)
    assert revocations.active(conn, 10.0) == {"short": 20.0, "long": 30.0, "ever": None}
    assert revocations.active(conn, 20.0) == {"long": 30.0, "ever": None}
    assert revocations.purge(conn, 20.0) == 1
    assert revocations.active(conn, 0.0) == {"long": 30.0, "ever": None}


@pytest.mark.parametrize(
    ("first", "second", "stands"), [(20.0, 30.0, 30.0), (30.0, 20.0, 30.0), (None, 5.0, None), (5.0, None, None)]
)
def test_revoking_again_never_shortens(
    conn: Connection, first: float | None, second: float | None, stands: float | None
) -> None:
    revocations.add(conn, "j", DEFAULT_TENANT, first, 1.0)
    revocations.add(conn, "j", DEFAULT_TENANT, second, 2.0)
    assert revocations.active(conn, 3.0) == {"j": stands}
