from __future__ import annotations

import json
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager import inventory
from packager.inventory import Inventory, InventoryError, Stored

FILES = (
    Stored("a0/1-0.m4s", 5, "a" * 64),
    Stored("v0/1-0.m4s", 1_000_000, "b" * 64),
    Stored("v0/1-init-0.mp4", 0, "c" * 64),
)
PACKAGE = Inventory("bc_a", 1_800_000_000, complete=True, files=FILES)
DOCUMENT = inventory.write(PACKAGE)

segments = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=20)
names = st.lists(segments, min_size=1, max_size=4).map("/".join)
stored = st.builds(
    Stored, names, st.integers(0, 10**12), st.binary(min_size=32, max_size=32).map(lambda raw: raw.hex())
)
packages = st.builds(
    Inventory,
    st.from_regex(r"(bc|as)_[a-z0-9]{1,40}", fullmatch=True),
    st.integers(0, 10**10),
    st.booleans(),
    st.lists(stored, max_size=20, unique_by=lambda file: file.name).map(tuple),
)


@given(packages)
def test_what_is_written_is_read(package: Inventory) -> None:
    read = inventory.read(inventory.write(package))
    assert read == replace(package, files=tuple(sorted(package.files, key=lambda file: file.name)))
    assert inventory.write(read) == inventory.write(package)


def test_it_is_json() -> None:
    assert json.loads(DOCUMENT) == {
        "format": "headwater-package/1",
        "id": "bc_a",
        "created": 1_800_000_000,
        "complete": True,
        "files": [{"name": file.name, "size": file.size, "sha256": file.sha256} for file in FILES],
    }


@pytest.mark.parametrize(
    "name",
    [
        *("", "/etc/passwd", "../x", "v0/../../x", "v0//x", "./x", "v0/.x", ".hidden", "v0/", "C:/x", "v0\\x", "a b"),
        *("x" * 201, "/".join(["x" * 100] * 6), "ä", "v0/x\n", "%2e%2e/x", "x\0"),
    ],
)
def test_a_name_that_leaves_the_folder_or_hides_in_it_is_refused(name: str) -> None:
    with pytest.raises(InventoryError):
        inventory.write(replace(PACKAGE, files=(Stored(name, 1, "a" * 64),)))
    hostile = DOCUMENT.replace(b"a0/1-0.m4s", name.encode())
    with pytest.raises(InventoryError):
        inventory.read(hostile)


LINES = DOCUMENT.split(b"\n")
HOSTILE = {
    "empty": b"",
    "an array": b"[]\n",
    "other layout": json.dumps(json.loads(DOCUMENT)).encode(),
    "another format": DOCUMENT.replace(b"package/1", b"package/2"),
    "no end": DOCUMENT.removesuffix(b"]}\n"),
    "cut off after a file": DOCUMENT[: DOCUMENT.index(b"},\n") + 2],
    "no last line end": DOCUMENT.removesuffix(b"\n"),
    "two ends": DOCUMENT + b"]}\n",
    "more behind it": DOCUMENT + b'{"files":[]}',
    "no comma": DOCUMENT.replace(b"},\n", b"}\n", 1),
    "a comma too many": DOCUMENT.replace(b'"}\n', b'"},\n'),
    "twice the same": b"\n".join([LINES[0], LINES[1], *LINES[1:]]),
    "out of order": b"\n".join([LINES[0], LINES[2], LINES[1], *LINES[3:]]),
    "a size that is text": DOCUMENT.replace(b'"size":5,', b'"size":"5",'),
    "a negative size": DOCUMENT.replace(b'"size":5,', b'"size":-5,'),
    "a huge size": DOCUMENT.replace(b'"size":5,', b'"size":' + b"9" * 5_000 + b","),
    "an octal size": DOCUMENT.replace(b'"size":5,', b'"size":05,'),
    "a short digest": DOCUMENT.replace(b"a" * 64, b"a" * 63),
    "a digest in capitals": DOCUMENT.replace(b"a" * 64, b"A" * 64),
    "a date that is text": DOCUMENT.replace(b"1800000000", b'"now"'),
    "an id that is a path": DOCUMENT.replace(b'"bc_a"', b'"bc/../a"'),
    "nested deeply": LINES[0] + b"\n" + b"[" * 100_000 + b"\n]}\n",
    "other line ends": DOCUMENT.replace(b"\n", b"\r\n"),
    "a mark in front": b"\xef\xbb\xbf" + DOCUMENT,
}


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE)
def test_there_is_one_form_only(document: bytes) -> None:
    with pytest.raises(InventoryError):
        inventory.read(document)


def test_counts_and_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MAX_FILES", 3)
    assert inventory.read(DOCUMENT) == PACKAGE
    monkeypatch.setattr(inventory, "MAX_FILES", 2)
    with pytest.raises(InventoryError, match="more than 2 files"):
        inventory.read(DOCUMENT)
    with pytest.raises(InventoryError, match="at most 2 files"):
        inventory.write(PACKAGE)
    monkeypatch.setattr(inventory, "MAX_BYTES", 100)
    with pytest.raises(InventoryError, match="longer than"):
        inventory.read(DOCUMENT)


@given(st.binary(max_size=200), st.integers(0, len(DOCUMENT)), st.integers(0, 40))
def test_any_bytes_are_a_package_or_an_error(noise: bytes, at: int, cut: int) -> None:
    document = DOCUMENT[:at] + noise + DOCUMENT[at + cut :]
    try:
        read = inventory.read(document)
    except InventoryError:
        return
    assert inventory.write(read) == document
