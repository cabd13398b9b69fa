"""CHANGELOG.md is in the form of Keep a Changelog 1.1."""

from __future__ import annotations

import re
import tomllib

from tests.house.tree import ROOT

TEXT = (ROOT / "CHANGELOG.md").read_text()
RELEASE = re.compile(r"## \[(?P<version>\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d")
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_versions_are_headed_as_they_should_be() -> None:
    headings = [line for line in TEXT.splitlines() if line.startswith("## ")]
    assert headings[0] == "## [Unreleased]"
    assert [heading for heading in headings[1:] if not RELEASE.fullmatch(heading)] == []


def test_sections_have_the_six_names() -> None:
    assert set(re.findall(r"^### (.*)$", TEXT, re.MULTILINE)) <= SECTIONS


def test_the_newest_release_is_the_projects_version() -> None:
    releases = RELEASE.findall(TEXT)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert not releases or releases[0] == version


def test_every_entry_is_a_sentence() -> None:
    entries = re.findall(r"^- (.*(?:\n  .*)*)", TEXT, re.MULTILINE)
    assert entries
    assert [entry for entry in entries if not entry.endswith(".")] == []
