from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from origin.cli.verifying import check as check_module
from origin.cli.verifying.bucket import Bucket
from origin.cli.verifying.check import PackageError, Report, check
from origin.cli.verifying.folder import Folder
from origin.stores.memory import MemoryStore
from packager import inventory, signing
from packager.signing import Place
from tests.support.keys import KEYS, OTHER, SIGNER
from tests.support.packages import CONTENT, laid_out, made, signed_list

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path


@dataclass
class Watching:
    """Notes what it is told."""

    files: int = 0
    size: int = 0
    done: list[int] = field(default_factory=list)

    def begin(self, files: int, size: int) -> None:
        self.files, self.size = files, size

    def advance(self, size: int) -> None:
        self.done.append(size)


async def checked(folder: Path, files: Mapping[str, bytes], package: str | None = "bc_a") -> Report:
    return await check(Folder(laid_out(folder, files)), KEYS, package, Watching())


def problems(report: Report) -> dict[str, str]:
    return {finding.name: finding.problem for finding in report.findings}


async def test_a_whole_package_is_good(tmp_path: Path) -> None:
    watching = Watching()
    report = await check(Folder(laid_out(tmp_path, made())), KEYS, None, watching)
    assert (report.good, report.findings, report.kid) == (True, [], SIGNER.kid)
    assert report.checked == watching.files == len(watching.done) == 7
    assert report.bytes == watching.size == sum(watching.done)
    assert report.extras_seen


async def test_each_kind_of_damage_is_named(tmp_path: Path) -> None:
    files = made()
    files["v0/1-0.m4s"] = files["v0/1-0.m4s"][:-1] + b"x"
    files["v0/1-1.m4s"] = b"longer"
    files["v0/index.m3u8"] = b"#EXTM3U\n#EXT-X-ENDLISt\n"
    files["v0/1-7.m4s"] = b"nobody listed me"
    del files["v0/1-init-0.mp4"], files["index.m3u8.jws"]
    report = await checked(tmp_path, files)
    assert not report.good
    assert report.wrong == 7
    assert problems(report) == {
        "v0/1-0.m4s": "content",
        "v0/1-1.m4s": "size",
        "v0/1-init-0.mp4": "missing",
        "v0/index.m3u8": "signature",
        "index.m3u8": "signature",
        "index.m3u8.jws": "missing",
        "v0/1-7.m4s": "extra",
    }


async def test_a_manifest_with_the_signature_of_another_is_named(tmp_path: Path) -> None:
    files = made()
    files |= {"index.m3u8": files["v0/index.m3u8"], "index.m3u8.jws": files["v0/index.m3u8.jws"]}
    assert problems(await checked(tmp_path, files)) == {"index.m3u8": "signature", "index.m3u8.jws": "size"}


async def test_a_listed_manifest_must_be_signed_even_if_its_digest_fits(tmp_path: Path) -> None:
    files = made({"index.mpd": b"<MPD/>"})
    assert problems(await checked(tmp_path, files)) == {"index.mpd": "signature"}
    files["index.mpd.jws"] = signing.sign(b"<MPD/>", Place("bc_a", "index.mpd"), SIGNER)
    assert problems(await checked(tmp_path, files)) == {"index.mpd.jws": "extra"}


HOSTILE = {
    "nothing": {},
    "no signature": {"package.json": made()["package.json"]},
    "no list": {"package.json.jws": made()["package.json.jws"]},
    "a byte more": {**made(), "package.json": made()["package.json"] + b" "},
    "another's key": made(signer=OTHER),
    "the signature of a playlist": {**made(), "package.json.jws": made()["index.m3u8.jws"]},
    "signed, but a path": signed_list(
        inventory.write(inventory.read(made()["package.json"])).replace(b"v0/1-0", b"../1-0")
    ),
    "signed, but no list": signed_list(b"[" * 100_000),
    "signed, but for another": signed_list(made(package="bc_b")["package.json"]),
    "a long signature": {**made(), "package.json.jws": b"A" * 5_000},
}


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
async def test_a_list_that_is_not_to_be_believed_is_not_read_on(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(PackageError, match=r"package\.json"):
        await checked(tmp_path, files)


async def test_another_package_in_its_place_is_refused(tmp_path: Path) -> None:
    files = made(package="bc_b")
    assert (await checked(tmp_path, files, package=None)).good
    with pytest.raises(PackageError, match="bc_b"):
        await checked(tmp_path, files, package="bc_a")


async def test_a_list_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MAX_BYTES", 100)
    with pytest.raises(PackageError, match="longer"):
        await checked(tmp_path, made())


async def test_while_a_broadcast_goes_on_more_files_are_no_fault(tmp_path: Path) -> None:
    report = await checked(tmp_path, {**made(complete=False), "v0/1-9.m4s": b"newer"})
    assert (report.good, report.extras_seen) == (True, False)


async def test_findings_are_kept_up_to_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "KEPT_FINDINGS", 2)
    report = await checked(tmp_path, {name: body for name, body in made().items() if name not in CONTENT})
    assert (len(report.findings), report.wrong) == (2, 5)


async def test_a_source_that_drips_does_not_hold_the_check_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dripping(MemoryStore):
        async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
            async for chunk in super().stream(key, start, end):
                yield chunk
            if key == "v0/1-1.m4s":
                await asyncio.Event().wait()

    monkeypatch.setattr(check_module, "GRACE_S", 0.05)
    monkeypatch.setattr(check_module, "LEAST_RATE", 1_000)
    store = Dripping()
    for name, body in made().items():
        await store.put(name, [body])
    assert problems(await check(Bucket(store), KEYS, None, Watching())) == {"v0/1-1.m4s": "unreadable"}
