from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from origin.catalog import api_keys, cursors, idempotency, revocations, schema, sessions, signing_keys, tenants
from origin.catalog.idempotency import Answer
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.signing_keys import SigningKeyRow
from origin.errors import Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection


def test_the_default_tenant_is_made_once(conn: Connection) -> None:
    assert tenants.ensure_default(conn, 5.0) == tenants.Tenant(DEFAULT_TENANT, "Default", 1.0)
    assert tenants.ensure_default(conn, 6.0).tenant_id == DEFAULT_TENANT


def test_an_api_key_is_found_by_its_hash(conn: Connection) -> None:
    key = api_keys.create(conn, tenant_id=DEFAULT_TENANT, secret_hash="ab" * 32, role="admin", name="n", now=2.0)
    assert key.id == "ab" * 8
    assert api_keys.find(conn, "ab" * 32) == key
    assert api_keys.find(conn, "cd" * 32) is None


def test_signing_keys_in_force_come_newest_first(conn: Connection) -> None:
    rows = [
        SigningKeyRow("old", b"p", b"s", 1.0, retired_at=9.0),
        SigningKeyRow("leaving", b"p", b"s", 2.0, retired_at=11.0),
        SigningKeyRow("new", b"p", b"s", 3.0),
    ]
    for row in rows:
        signing_keys.add(conn, row)
    assert signing_keys.active(conn, 10.0) == [rows[2], rows[1]]
    assert signing_keys.active(conn, 11.0) == [rows[2]]
    assert "sealed" not in repr(rows[0])


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


def test_an_answer_is_kept_for_its_tenant_and_key_alone(conn: Connection) -> None:
    tenants.create(conn, tenants.Tenant("tn_b", "B", 1.0))
    answer = Answer(DEFAULT_TENANT, "k", "f", 201, b"\x00sealed", 5.0)
    idempotency.store(conn, answer)
    assert idempotency.find(conn, DEFAULT_TENANT, "k") == answer
    assert idempotency.find(conn, DEFAULT_TENANT, "other") is None
    assert idempotency.find(conn, "tn_b", "k") is None
    with pytest.raises(IntegrityError):
        idempotency.store(conn, answer)


def test_answers_are_forgotten_when_they_are_old(conn: Connection) -> None:
    idempotency.store(conn, Answer(DEFAULT_TENANT, "k", "f", 201, b"", 5.0))
    assert idempotency.purge(conn, 5.0) == 0
    assert idempotency.purge(conn, 5.1) == 1
    assert idempotency.find(conn, DEFAULT_TENANT, "k") is None


def test_a_link_begins_one_session(conn: Connection) -> None:
    sessions.create_link(conn, "code", DEFAULT_TENANT, 10.0, 60.0)
    assert sessions.redeem_link(conn, "code", "cookie", 69.0, 100.0)
    assert not sessions.redeem_link(conn, "code", "thief", 69.0, 100.0)
    session = sessions.find_session(conn, "cookie", 168.0)
    assert session == sessions.Session("cookie", DEFAULT_TENANT, 69.0, 169.0)
    assert sessions.find_session(conn, "cookie", 169.0) is None
    assert sessions.find_session(conn, "thief", 69.0) is None


def test_a_link_that_is_too_old_or_unknown_begins_none(conn: Connection) -> None:
    sessions.create_link(conn, "code", DEFAULT_TENANT, 10.0, 60.0)
    assert not sessions.redeem_link(conn, "code", "cookie", 70.0, 100.0)
    assert not sessions.redeem_link(conn, "other", "cookie", 11.0, 100.0)


def test_a_session_can_be_ended(conn: Connection) -> None:
    sessions.create_link(conn, "code", DEFAULT_TENANT, 0.0, 60.0)
    assert sessions.redeem_link(conn, "code", "cookie", 1.0, 100.0)
    assert sessions.end_session(conn, "cookie")
    assert not sessions.end_session(conn, "cookie")
    assert sessions.find_session(conn, "cookie", 2.0) is None


def test_links_and_sessions_that_ran_out_are_forgotten(conn: Connection) -> None:
    for code in ("a", "b"):
        sessions.create_link(conn, code, DEFAULT_TENANT, 0.0, 10.0)
        sessions.redeem_link(conn, code, f"of {code}", 1.0, 5.0 if code == "a" else 50.0)
    assert sessions.purge(conn, 10.0) == 3
    assert list(conn.scalars(select(schema.sessions.c.session_hash))) == ["of b"]


def test_no_row_without_a_tenant_that_exists(conn: Connection) -> None:
    with pytest.raises(IntegrityError):
        conn.execute(insert(schema.links).values(code_hash="c", tenant_id="tn_none", expires_at=1.0))


@given(st.floats(allow_nan=False, allow_infinity=False), st.text())
def test_a_cursor_is_read_back(moment: float, row_id: str) -> None:
    assert cursors.decode(cursors.encode(moment, row_id)) == (moment, row_id)


def word(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@given(
    st.one_of(st.text(), st.sampled_from([1, [], [1.0], ["a", "b"], [1, "a"], [True, "a"], {"a": 1, "b": 2}]).map(word))
)
def test_other_cursors_are_bad_requests(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        cursors.decode(cursor)
    assert caught.value.code == "bad_request"


@pytest.mark.parametrize("cursor", [word([float("inf"), "a"]), word([float("nan"), "a"]), word(["x" * 10]), "=" * 5])
def test_cursors_that_json_lets_through_are_bad_requests(cursor: str) -> None:
    with pytest.raises(Problem, match="begin again"):
        cursors.decode(cursor)
