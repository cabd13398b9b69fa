from __future__ import annotations

import pytest

from media.track import Codec
from origin.vod.demux.film import NotUnderstoodError
from origin.vod.demux.isobmff.descriptors import audio_specific_config
from packager.fmp4.entries import _CONFIGURATIONS

ASC = bytes.fromhex("1190")
ESDS = _CONFIGURATIONS[Codec.AAC](ASC)[8:]
LONG = bytes.fromhex("00000000 038080801f 0001 00 0480808014 4015000000 00000000 00000000 0580808002 1190 060102")
DEPENDENT = bytes.fromhex("00000000 0318 0001 80 0002 0411 4015000000 00000000 00000000 0502 1190")


@pytest.mark.parametrize("esds", [ESDS, LONG, DEPENDENT], ids=["ours", "long lengths", "dependent"])
def test_it_is_found(esds: bytes) -> None:
    assert audio_specific_config(memoryview(esds)) == ASC


def test_mp3_may_stand_in_an_mp4a_entry() -> None:
    with pytest.raises(NotUnderstoodError, match="another codec"):
        audio_specific_config(memoryview(ESDS.replace(b"\x40\x15", b"\x6b\x15")))


def test_a_stream_elsewhere() -> None:
    with pytest.raises(NotUnderstoodError, match="rare"):
        audio_specific_config(memoryview(DEPENDENT[:8] + b"\x40" + DEPENDENT[9:]))


@pytest.mark.parametrize("esds", [ESDS, LONG, DEPENDENT])
def test_cut_anywhere(esds: bytes) -> None:
    for end in range(len(esds)):
        with pytest.raises(NotUnderstoodError):
            audio_specific_config(memoryview(esds[:end]))


@pytest.mark.parametrize("esds", ["00000000 0300", "00000000 0303000100", "00000000 030500010004 00"])
def test_descriptors_without_content(esds: str) -> None:
    with pytest.raises(NotUnderstoodError):
        audio_specific_config(memoryview(bytes.fromhex(esds)))
