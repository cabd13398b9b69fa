from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.catalog import glance
from origin.cli.packaging import signer
from origin.config import load_settings
from origin.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origin.cli.shell import Shell


def test_the_first_package_makes_a_key_and_a_rotation_gives_the_next(closed: Shell) -> None:
    settings = load_settings(None, {"HEADWATER_DATA_DIR": str(closed.folder)})
    first = signer.newest(settings)
    assert closed.kids() == [first.kid]
    assert signer.newest(settings).kid == first.kid
    closed.run("keys", "rotate")
    assert signer.newest(settings).kid == closed.kids()[0] != first.kid


def test_both_ways_to_it_give_the_same(closed: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(None, {"HEADWATER_DATA_DIR": str(closed.folder)})
    signer.newest(settings)
    quick = signer.newest(settings).kid
    monkeypatch.setattr(glance, "signing_key", lambda _: None)
    assert signer.newest(settings).kid == quick


def test_a_lost_secret_is_named(closed: Shell, tmp_path: Path) -> None:
    settings = load_settings(None, {"HEADWATER_DATA_DIR": str(closed.folder)})
    signer.newest(settings)
    (closed.folder / "secret").rename(tmp_path / "elsewhere")
    with pytest.raises(Problem, match="secret is missing"):
        signer.newest(settings)
