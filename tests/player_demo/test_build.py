"""The pages' own tests run under node; what they are built into is looked at here."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from player_demo import build

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = ("library.html", "watch.html", "signin.html", "docs/index.html")


@pytest.fixture(scope="session")
def dist() -> Path:
    assert build.main() == 0
    return build.DIST


class Page(HTMLParser):
    """Collects what a page loads, and what a strict Content-Security-Policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and not given.get("src")) else []
        self.loads += [given[name] or "" for name in ("src", "href") if name in given and tag != "a"]


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text())
    return page


def test_units_under_node() -> None:
    tools = build.toolchain()
    tools.run(*tools.node, "--test", "../tests/player_demo/")


def test_lock_holds_no_download_address() -> None:
    assert "://" not in (build.HERE / "package-lock.json").read_text()


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_stands_a_strict_policy(dist: Path, entry: str) -> None:
    page = read(dist / entry)
    assert page.inline == []
    assert page.loads
    assert all(re.fullmatch(r"/assets/[\w.-]+-[A-Z0-9]{8}\.\w+", address) for address in page.loads)
    assert all((dist / address.lstrip("/")).is_file() for address in page.loads)


def test_manifest_names_entries_and_their_files(dist: Path) -> None:
    entries = json.loads((dist / "manifest.json").read_text())["entries"]
    assert set(entries) == set(ENTRIES)
    assert all(set(read(dist / entry).loads) == set(files) for entry, files in entries.items())


def test_nothing_is_built_twice(dist: Path) -> None:
    before = (dist / "manifest.json").stat().st_mtime_ns
    assert build.main() == 0
    assert (dist / "manifest.json").stat().st_mtime_ns == before


def test_own_scripts_name_no_third_party(dist: Path) -> None:
    scripts = [path for name in ("library", "chunk") for path in (dist / "assets").glob(f"{name}-*.js")]
    assert len(scripts) > 1
    assert all("://" not in script.read_text() for script in scripts)


def test_dash_js_is_loaded_by_who_chose_it(dist: Path) -> None:
    (script,) = (dist / "assets").glob("dash-player-*.js")
    assert f'import("./{script.name}")' in next((dist / "assets").glob("watch-*.js")).read_text()
    assert all(script.name not in address for entry in ENTRIES for address in read(dist / entry).loads)


def test_licences_of_all_that_is_bundled_are_passed_on(dist: Path) -> None:
    given = (dist / "THIRD_PARTY.txt").read_text()
    assert all(f"\n{name}\n=" in f"\n{given}" for name in ("hls.js", "dashjs", "codem-isoboxer", "swagger-ui-dist"))
    assert "undefined" not in given
