"""Finds the AudioSpecificConfig in an esds box (ISO/IEC 14496-1, 7.2.6 and 14496-14, 5.6)."""

from __future__ import annotations

from typing import Final

from origin.vod.demux.film import NotUnderstoodError

_ES: Final = 0x03
_DECODER: Final = 0x04
_SPECIFIC: Final = 0x05
_STREAM_DEPENDENCE: Final = 0x80
_URL: Final = 0x40
_OCR: Final = 0x20
_MPEG4_AUDIO: Final = 0x40
_LENGTH_BYTES: Final = 4
_ODD: Final = "an esds box is not built as usual"


def audio_specific_config(esds: memoryview) -> bytes:
    """Raises NotUnderstoodError for any sound but that of MPEG-4: MP3 may stand in an mp4a entry, too."""
    stream = _content(esds[4:], _ES)
    if len(stream) < 3:  # noqa: PLR2004 - ES_ID and flags
        raise NotUnderstoodError(_ODD)
    if stream[2] & (_URL | _OCR):
        raise NotUnderstoodError("an elementary stream is described in a way that is rare")
    decoder = _content(stream[5 if stream[2] & _STREAM_DEPENDENCE else 3 :], _DECODER)
    if not len(decoder):
        raise NotUnderstoodError(_ODD)
    if decoder[0] != _MPEG4_AUDIO:
        raise NotUnderstoodError("an mp4a track holds another codec than AAC")
    return bytes(_content(decoder[13:], _SPECIFIC))


def _content(data: memoryview, tag: int) -> memoryview:
    """The first descriptor, which must have this tag; its length stands in groups of seven bits."""
    if not len(data) or data[0] != tag:
        raise NotUnderstoodError(_ODD)
    size = 0
    for at in range(1, 1 + _LENGTH_BYTES):
        if at >= len(data):
            raise NotUnderstoodError(_ODD)
        size = size << 7 | data[at] & 0x7F
        if not data[at] & 0x80:
            break
    if at + 1 + size > len(data):
        raise NotUnderstoodError(_ODD)
    return data[at + 1 : at + 1 + size]
