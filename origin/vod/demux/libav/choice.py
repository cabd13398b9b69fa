"""Which streams of a file are packaged, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from av.stream import Disposition

from origin.vod.demux.film import LeftOut, MediaError
from origin.vod.demux.libav.languages import language_of
from origin.vod.demux.libav.naming import CARRIED, DECODERS, codec_of, decoder_of, in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.stream import Stream

_COVER: Final = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_WHY: Final = {
    "subtitle": "Subtitles are not packaged.",
    "data": "It is data, neither video nor sound.",
    "attachment": "It is an attached file, neither video nor sound.",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Streams by their index in the file; those in `taken` have a codec that can be carried or converted."""

    taken: tuple[int, ...]
    left_out: tuple[LeftOut, ...]


def choose(streams: Sequence[Stream]) -> Choice:
    """One track of video at most, and all sound. Raises MediaError where the only video is one that nobody can play."""
    reasons = {stream.index: _reason(stream) for stream in streams}
    pictures = [stream for stream in streams if stream.type == "video" and not reasons[stream.index]]
    if not pictures:
        _refuse_video(streams)
    chosen = next((stream for stream in pictures if stream.disposition & Disposition.default), None)
    for other in pictures:
        if other is not (chosen or pictures[0]):
            reasons[other.index] = "Another track of video is packaged, and a film has one."
    taken = tuple(index for index, reason in reasons.items() if not reason)
    return Choice(taken, tuple(left_out(stream, why) for stream in streams if (why := reasons[stream.index])))


def left_out(stream: Stream, why: str) -> LeftOut:
    """One that is not packaged."""
    return LeftOut(stream.index, stream.type, in_words(codec_of(stream)), language_of(stream.language), why)


def _reason(stream: Stream) -> str:
    if stream.type == "video":
        if stream.disposition & _COVER:
            return "It is a picture beside the film, such as a cover, not video."
        if codec_of(stream) not in CARRIED:
            return f"The video is {in_words(codec_of(stream))}, which browsers do not play in streams."
        return ""
    if stream.type == "audio":
        if codec_of(stream) in CARRIED or decoder_of(stream) in DECODERS:
            return ""
        return f"The sound is {in_words(codec_of(stream))}, which cannot be converted."
    return _WHY.get(stream.type, "It is neither video nor sound.")


def _refuse_video(streams: Sequence[Stream]) -> None:
    for stream in streams:
        if stream.type == "video" and not stream.disposition & _COVER:
            name = in_words(codec_of(stream))
            raise MediaError(f"The video is {name}, which browsers do not play. Send it as H.264, HEVC, VP9 or AV1.")
