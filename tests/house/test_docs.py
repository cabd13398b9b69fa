"""What the documents point at is there, and what the containers set is a setting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, read, sources

DOCUMENTS = sources(".md")


def slug(heading: str) -> str:
    """The anchor that forges make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(document: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", read(document), re.MULTILINE)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", read(path)):
        name, _, anchor = target.partition("#")
        document = path.parent / name if name else path
        assert (ROOT / document).exists(), target
        assert not anchor or anchor in anchors(document), target


def test_the_rooms_of_the_readme_are_there() -> None:
    table = read(Path("README.md")).partition("## Map of rooms")[2].partition("## ")[0]
    named = [
        name for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    ]
    folders = {parent for path in files() for parent in [path, *path.parents]}
    assert len(named) > 10
    for name in named:
        assert {Path(name), Path("origin", name)} & folders, name


def test_the_places_of_the_specifications_are_there() -> None:
    table = read(Path("README.md")).partition("## Specifications")[2].partition("## ")[0]
    places = [
        place for row in re.findall(r"\| ([^|]*) \|$", table, re.MULTILINE) for place in re.findall(r"`([^`]+)`", row)
    ]
    assert len(places) > 10
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_decisions_are_dated_and_short() -> None:
    text = read(Path("docs/design.md"))
    decisions = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    dates = [decision[:10] for decision in decisions]
    assert all(re.match(r"\d{4}-\d\d-\d\d: \w", decision) for decision in decisions)
    assert dates == sorted(dates)
    assert [decision.splitlines()[0] for decision in decisions if len(decision.strip().splitlines()) > 16] == []


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml"])
def test_containers_set_only_what_is_a_setting(name: str) -> None:
    documented = read(Path("docs/configuration.md"))
    used = set(re.findall(r"\bHEADWATER_([A-Z_]+)\b", read(Path(name))))
    assert used
    assert [setting for setting in used if f"`{setting.lower()}`" not in documented] == []
