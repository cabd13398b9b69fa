from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.logs import logging_as_it_was

if TYPE_CHECKING:
    from tests.origin.cli.shell import Shell


def test_a_store_that_cannot_be_shared_is_a_sentence(closed: Shell) -> None:
    with logging_as_it_was():
        result = closed.run("worker", HEADWATER_STORE_URL="memory:")
    assert result.exit_code == 1
    assert "nothing can be shared" in result.output


def test_a_catalog_that_cannot_be_opened_is_a_sentence(closed: Shell) -> None:
    (closed.folder / "catalog.db").write_bytes(b"something else altogether" * 100)
    with logging_as_it_was():
        result = closed.run("worker")
    assert result.exit_code == 1
    assert "not a database" in result.output
