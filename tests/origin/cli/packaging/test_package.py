from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cli.packaging.package import Package
from origin.vod.demux.film import LeftOut
from origin.vod.program.tales import Done, TracksLeftOut
from packager import inventory, signing
from packager.recorded import Recorded, RecordedInit
from packager.signing import Place
from tests.packager.feed import VIDEO
from tests.support.keys import KEYS, SIGNER

if TYPE_CHECKING:
    from pathlib import Path

INIT = RecordedInit("v0/1-init-0.mp4", VIDEO, 4, "ab" * 32)
LEFT_OUT = LeftOut(1, "subtitle", "mov_text", "und", "Not yet.")


def segment(msn: int) -> Recorded:
    row = ("v0", msn, f"1-{msn}.m4s", "1-init-0.mp4", 4.0, 0.0, False, msn * 360_000, 0, 0, 9, "cd" * 32)
    return Recorded(*row)


def test_all_that_was_told_is_listed_and_signed(tmp_path: Path) -> None:
    (tmp_path / "v0").mkdir()
    package = Package(tmp_path, "as_a")
    for tale in (TracksLeftOut((LEFT_OUT,)), INIT, segment(1), segment(0), Done()):
        package.add(tale)
    package.finish(SIGNER, 1_800_000_000)
    assert (package.duration_s, package.renditions, package.left_out) == (8.0, ["v0"], [LEFT_OUT])
    document = (tmp_path / "package.json").read_bytes()
    signing.verify(document, (tmp_path / "package.json.jws").read_bytes(), Place("as_a", "package.json"), KEYS)
    listed = {file.name for file in inventory.read(document).files}
    assert listed == {file.name for file in package.files}
    assert {INIT.name, "v0/1-0.m4s", "v0/1-1.m4s", "index.m3u8", "v0/index.m3u8.jws", "manifest.mpd"} <= listed
