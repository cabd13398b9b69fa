from __future__ import annotations

from functools import cache
from struct import pack
from typing import TYPE_CHECKING

import pytest

from origin.vod.demux.film import LeftOut, MediaError, NotUnderstoodError
from origin.vod.demux.isobmff import Movie
from origin.vod.demux.isobmff.traks import chapters_of, track_number
from tests.support import box_tree
from tests.support.box_tree import Node, traks
from tests.support.films import FILMS

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def film(name: str = "H.264 with B-frames and AAC") -> bytes:
    return FILMS[name].make()


def movie(change: Callable[[Node], None], name: str = "H.264 with B-frames and AAC") -> Movie:
    return Movie(memoryview(box_tree.changed(film(name), change)))


def stbl(trak: Node) -> Node:
    return trak.find(b"mdia", b"minf", b"stbl")


def handled_by(kind: bytes) -> Callable[[Node], None]:
    def change(file: Node) -> None:
        hdlr = traks(file, b"soun")[0].find(b"mdia", b"hdlr")
        hdlr.body = hdlr.body[:8] + kind + hdlr.body[12:]

    return change


@pytest.mark.parametrize(
    ("handler", "kind", "why"),
    [
        (b"text", "text", "Text and subtitles are not packaged."),
        (b"sbtl", "text", "Text and subtitles are not packaged."),
        (b"tmcd", "timecode", "Timecodes are not packaged."),
        (b"meta", "metadata", "Timed metadata is not packaged."),
        (b"\0\1\2\3", "data", "It holds neither pictures nor sound."),
    ],
)
def test_other_tracks_are_left_out(handler: bytes, kind: str, why: str) -> None:
    found = movie(handled_by(handler))
    assert found.left_out == [LeftOut(1, kind, "mp4a", "und", why)]
    assert [track.codec for track in found.tracks] == ["avc1"]


def test_pictures_of_chapters_are_left_out() -> None:
    def change(file: Node) -> None:
        pictures, sound = traks(file)
        number = track_number(memoryview(pictures.write()[8:]))
        chap = Node(b"tref", Node(b"chap", pack(">I", number)).write())
        sound.inside.append(chap)
        assert chapters_of(memoryview(sound.write()[8:])) == {number}

    [left] = movie(change).left_out
    assert (left.index, left.kind, left.why) == (0, "data", "It belongs to chapters, which are not packaged.")


def test_an_empty_track_is_left_out() -> None:
    def change(file: Node) -> None:
        stbl(traks(file, b"soun")[0]).find(b"stsz").body = bytes(12)

    assert movie(change).left_out == [LeftOut(1, "audio", "mp4a", "und", "It is empty.")]


def test_a_track_without_fragments_is_left_out() -> None:
    def change(file: Node) -> None:
        for trak in traks(file, b"soun"):
            tkhd = trak.find(b"tkhd")
            tkhd.body = tkhd.body[:12] + pack(">I", 9) + tkhd.body[16:]

    assert movie(change, "fragments").left_out == [LeftOut(1, "audio", "mp4a", "und", "It is empty.")]


def test_media_in_another_file() -> None:
    def change(file: Node) -> None:
        traks(file)[0].find(b"mdia", b"minf", b"dinf", b"dref").body = (
            bytes(7) + b"\1" + Node(b"url ", bytes(4)).write()
        )

    with pytest.raises(MediaError, match="in another file"):
        movie(change)


def test_pictures_that_are_sound() -> None:
    with pytest.raises(MediaError, match="holds sound"):
        movie(handled_by(b"vide"))


def test_a_file_that_is_partly_in_fragments() -> None:
    def change(file: Node) -> None:
        file.inside.append(Node(b"moof", inside=[]))

    with pytest.raises(NotUnderstoodError, match="fragments"):
        movie(change)


def test_a_disabled_track_is_a_track() -> None:
    def change(file: Node) -> None:
        for trak in traks(file):
            tkhd = trak.find(b"tkhd")
            tkhd.body = bytes(4) + tkhd.body[4:]

    assert len(movie(change).tracks) == 2


def test_the_name_of_a_track() -> None:
    def change(file: Node) -> None:
        traks(file)[0].inside.append(Node(b"udta", Node(b"name", b"Camera 2").write()))

    assert [track.name for track in movie(change).tracks] == ["Camera 2", ""]
