"""One track of moov: to be read, or left out and why (ISO/IEC 14496-12, 8.3 and 8.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from media.track import Kind
from origin.vod.demux.film import LeftOut, MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.boxes import children, name, need
from origin.vod.demux.isobmff.cut import cut
from origin.vod.demux.isobmff.edits import read_edit
from origin.vod.demux.isobmff.entries import entry_kind, read_entry
from origin.vod.demux.isobmff.fragmented import Source
from origin.vod.demux.isobmff.headers import (
    handler,
    is_elsewhere,
    media_header,
    rotation,
    track_header,
    track_name,
)
from origin.vod.demux.isobmff.reading import FragmentedTrack, PlainTrack
from origin.vod.demux.isobmff.survey import survey
from origin.vod.demux.isobmff.tables import read_tables, sample_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.track import Track
    from origin.vod.demux.isobmff.boxes import Children
    from origin.vod.demux.isobmff.fragments import Defaults
    from origin.vod.demux.isobmff.reading import Readable

_KINDS: Final = {b"vide": Kind.VIDEO, b"soun": Kind.AUDIO}
_OTHERS: Final = {
    **dict.fromkeys((b"text", b"sbtl", b"subt", b"subp", b"clcp"), ("text", "Text and subtitles are not packaged.")),
    b"tmcd": ("timecode", "Timecodes are not packaged."),
    b"meta": ("metadata", "Timed metadata is not packaged."),
    b"hint": ("hint", "Hints for streaming servers are of no use here."),
}
_OTHER: Final = ("data", "It holds neither pictures nor sound.")
EMPTY: Final = "It is empty."
_CHAPTERS: Final = "It belongs to chapters, which are not packaged."


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a track has to know of its file: all of it, the clock of edit lists, and where the first moof is, if any.

    `chapters` are the numbers of tracks that others name as their chapters.
    """

    data: memoryview
    timescale: int
    moof: int | None
    defaults: Mapping[int, Defaults]
    chapters: frozenset[int]


def chapters_of(trak: memoryview) -> frozenset[int]:
    """Numbers of the tracks that this one has its chapters in (tref: 8.3.3, and QuickTime's `chap`)."""
    tref = children(trak, "trak").get(b"tref")
    chap = children(tref, "tref").get(b"chap", b"") if tref is not None else b""
    return frozenset(int.from_bytes(chap[at : at + 4], "big") for at in range(0, min(len(chap), 256), 4))


def track_number(trak: memoryview) -> int:
    """By which fragments name it."""
    return track_header(need(children(trak, "trak"), b"tkhd")).number


def read_trak(content: memoryview, index: int, file: Surroundings) -> Readable | LeftOut:
    """Raises MediaError and NotUnderstoodError."""
    trak = children(content, "trak")
    mdia = children(need(trak, b"mdia"), "mdia")
    coded, handler_name = handler(need(mdia, b"hdlr"))
    timescale, language = media_header(need(mdia, b"mdhd"))
    minf = children(mdia.get(b"minf", memoryview(b"")), "minf")
    stbl = children(minf.get(b"stbl", memoryview(b"")), "stbl")
    header = track_header(need(trak, b"tkhd"))
    if coded not in _KINDS or header.number in file.chapters:
        kind, why = _OTHERS.get(coded, _OTHER)
        codec = name(entry_kind(stbl[b"stsd"])) if b"stsd" in stbl else ""
        return LeftOut(index, kind, codec, language, _CHAPTERS if header.number in file.chapters else why)
    if is_elsewhere(minf):
        raise MediaError("The file has its pictures or its sound in another file.")
    track = replace(
        read_entry(need(stbl, b"stsd"), timescale),
        language=language,
        name=track_name(trak, handler_name),
        rotation=rotation(header.matrix) if coded == b"vide" else 0,
    )
    if track.kind is not _KINDS[coded]:
        raise MediaError("The file is damaged: a track of pictures holds sound, or the other way round.")
    read = _plain if file.moof is None else _fragmented
    found = read(trak, stbl, track, file)
    return found or LeftOut(index, track.kind, track.codec, language, EMPTY)


def _plain(trak: Children, stbl: Children, track: Track, file: Surroundings) -> Readable | None:
    if not sample_count(stbl):
        return None
    surveyed = survey(read_tables(stbl), len(file.data))
    edit = read_edit(trak, track.timescale, file.timescale, fragmented=False)
    return PlainTrack(track, file.data, surveyed.tables, cut(surveyed, track.kind, track.timescale, edit))


def _fragmented(trak: Children, stbl: Children, track: Track, file: Surroundings) -> Readable:
    if sample_count(stbl):
        raise NotUnderstoodError("some samples stand in fragments and some do not")
    edit = read_edit(trak, track.timescale, file.timescale, fragmented=True)
    later = edit.delay - edit.start if edit else 0
    number = track_header(need(trak, b"tkhd")).number
    source = Source(file.data, file.moof or 0, number, file.defaults, track.kind, track.timescale)
    return FragmentedTrack(track, source, later, later)
