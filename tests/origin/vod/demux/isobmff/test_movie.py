from __future__ import annotations

import tracemalloc
from array import array
from functools import cache
from pathlib import Path
from struct import pack
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff import Movie
from origin.vod.demux.isobmff.movie import MAX_TOP, MAX_TRACKS
from tests.support import box_tree
from tests.support.box_tree import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.sample import Sample

VECTORS = {
    path.stem: path.read_bytes() for path in sorted((Path(__file__).parents[4] / "vectors" / "mp4").glob("*.bin"))
}


OUTCOMES = {"damaged", "samples", "not understood"}


def read(data: bytes) -> list[Sample]:
    """All samples; whatever is raised is one of the two errors, before or on the way."""
    movie = Movie(memoryview(data))
    return [sample for track in range(len(movie.tracks)) for sample in movie.samples(track)]


def outcome(data: bytes) -> str:
    try:
        samples = read(data)
    except MediaError as error:
        return "damaged" if str(error).endswith(".") else "no sentence"
    except NotUnderstoodError:
        return "not understood"
    assert all(sample.dts >= 0 and sample.duration > 0 and len(sample.data) for sample in samples)
    assert sum(len(sample.data) for sample in samples) <= 2 * len(data)
    return "samples"


@cache
def whole(name: str) -> list[Sample]:
    return read(VECTORS[name])


@pytest.mark.parametrize("name", list(VECTORS))
def test_vectors_are_read(name: str) -> None:
    assert whole(name)


@pytest.mark.parametrize("name", list(VECTORS))
def test_cut_off_anywhere(name: str) -> None:
    """Where it is between two fragments, the file is one that was just shorter."""
    data = VECTORS[name]
    ends = [end for end in range(0, len(data), 7) if outcome(data[:end]) == "samples"]
    assert not ends or name.startswith("fragments")


def test_cut_off_amid_its_samples_shows_when_it_is_opened() -> None:
    data = VECTORS["faststart"]
    assert whole("faststart") == read(data + b"whatever else is there, for example what another program put")
    for end in range(data.index(b"mdat") + 4, len(data), 50):
        with pytest.raises(MediaError, match=f"ends after {end} bytes"):
            Movie(memoryview(data[:end]))


@pytest.mark.parametrize("name", list(VECTORS))
def test_cut_off_at_every_box(name: str) -> None:
    data = VECTORS[name]
    ends = sorted({place + more for place in places(data) for more in (0, 4, 7, 8)})
    assert {outcome(data[:end]) for end in ends} <= OUTCOMES


def places(data: bytes) -> Iterator[int]:
    """Where something stands that is a box by its name."""
    kinds = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"stts", b"stsz", b"mdat", b"moof", b"traf", b"trun")
    for kind in kinds:
        at = data.find(kind)
        while at >= 0:
            yield at - 4
            at = data.find(kind, at + 4)


def leaves(node: Node) -> Iterator[Node]:
    for each in node.inside:
        if each.kind in box_tree.CONTAINERS:
            yield from leaves(each)
        elif each.kind not in (b"mdat", b"free"):
            yield each


WORDS = st.sampled_from([0, 1, 2, 3, 255, 1 << 16, (1 << 31) - 1, 1 << 31, (1 << 32) - 1])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(VECTORS)), st.data())
def test_boxes_with_other_contents(name: str, data: st.DataObject) -> None:
    tree = box_tree.read(VECTORS[name])
    every = list(leaves(tree))
    for _ in range(data.draw(st.integers(1, 3))):
        node = data.draw(st.sampled_from(every))
        if len(node.body) >= 4:
            at = data.draw(st.integers(0, len(node.body) // 4 - 1)) * 4
            node.body = node.body[:at] + pack(">I", data.draw(WORDS)) + node.body[at + 4 :]
    assert outcome(box_tree.write(tree)) in OUTCOMES


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(VECTORS)),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 6)), max_size=4),
)
def test_bytes_that_are_others_or_more_or_fewer(name: str, changes: list[tuple[float, bytes, int]]) -> None:
    data = bytearray(VECTORS[name])
    for place, put, taken in changes:
        at = int(place * len(data))
        data[at : at + taken] = put
    assert outcome(bytes(data)) in OUTCOMES


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_anything(data: bytes) -> None:
    assert outcome(b"\0\0\0\x08ftyp" + data) != "samples"
    assert outcome(data) in OUTCOMES


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (pack(">I4s", 8, b"ftyp"), "no index"),
        (pack(">I4s", 2_000_000_000, b"moov") + bytes(100), "ends after 108 bytes"),
        (pack(">I4s", 8, b"free") * (MAX_TOP + 2), "many boxes"),
        (pack(">I4s", 8, b"moov"), "no mvhd"),
    ],
    ids=["empty", "no moov", "a moov of 2 GB", "a file of empty boxes", "an empty moov"],
)
def test_files_that_are_none(data: bytes, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        Movie(memoryview(data))


@pytest.mark.parametrize("data", [b"\x1aE\xdf\xa3" + bytes(40), b"RIFF\0\0\0\0AVI LIST", b"G" * 188])
def test_other_kinds_of_files(data: bytes) -> None:
    with pytest.raises(NotUnderstoodError, match="no MP4"):
        Movie(memoryview(data))


def with_moov(*nodes: bytes) -> bytes:
    tree = box_tree.read(VECTORS["h264-aac"])
    moov = tree.find(b"moov")
    mvhd = moov.find(b"mvhd").write()
    return (
        Node(b"ftyp", b"isom").write()
        + pack(">I4s", 8 + len(mvhd) + sum(map(len, nodes)), b"moov")
        + mvhd
        + b"".join(nodes)
    )


def test_ten_thousand_tracks() -> None:
    for count in (MAX_TRACKS + 1, 10_000):
        with pytest.raises(MediaError, match=r"tracks|too many"):
            Movie(memoryview(with_moov(pack(">I4s", 8, b"trak") * count)))


def test_no_track() -> None:
    with pytest.raises(MediaError, match="no pictures and no sound"):
        Movie(memoryview(with_moov()))


def test_two_tracks_of_one_number() -> None:
    trak = box_tree.read(VECTORS["h264-aac"]).find(b"moov", b"trak").write()
    with pytest.raises(NotUnderstoodError, match="same number"):
        Movie(memoryview(with_moov(trak, trak)))


def test_a_compressed_index() -> None:
    with pytest.raises(NotUnderstoodError, match="compressed"):
        Movie(memoryview(with_moov(pack(">I4s", 8, b"cmov"))))


def long_film(count: int) -> bytes:
    """So many pictures, of two bytes each, of which none lasts as long as the next."""
    tree = box_tree.read(VECTORS["hevc"])
    tree.find(b"moov").inside = [node for node in tree.find(b"moov").inside if node.kind in (b"mvhd", b"trak")][:2]
    trak = box_tree.traks(tree)[0]
    trak.remove(b"edts")
    stbl = trak.find(b"mdia", b"minf", b"stbl")
    columns = {b"stts": (1, 100, 1, 200), b"ctts": (1, 200, 1, 0)}
    for kind, words in columns.items():
        stbl.find(kind).body = pack(">II", 0, count) + big_endian(array("I", words) * (count // 2))
    stbl.find(b"stsz").body = pack(">III", 0, 0, count) + big_endian(array("I", [2]) * count)
    stbl.find(b"stsc").body = pack(">5I", 0, 1, 1, count, 1)
    stbl.find(b"stco").body = pack(">III", 0, 1, 8)
    stbl.remove(b"stss")
    return Node(b"mdat", bytes(2 * count)).write() + tree.find(b"moov").write()


def big_endian(words: array[int]) -> bytes:
    words.byteswap()
    return words.tobytes()


def test_memory_does_not_grow_with_the_film() -> None:
    data = memoryview(long_film(40_000))
    tracemalloc.start()
    try:
        movie = Movie(data)
        count = sum(1 for _ in movie.samples(0))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 40_000
    assert peak < 700_000  # a list of all samples would take 10 MB
