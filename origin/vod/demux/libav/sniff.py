"""Which of libav's readers a file is for, by its first bytes; everything else is refused by name.

libav's own guess may end at readers that open other files or addresses: playlists, lists of files, session
descriptions, numbered pictures. So it is never asked to guess: a reader is named, and only those named here exist.
"""

from __future__ import annotations

import re
from typing import Final

from origin.vod.demux.film import MediaError

HEAD_BYTES: Final = 4_096
"""Enough for all that is looked for: five packets of a transport stream are 1020 bytes."""

_MOVIE_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"uuid"})
_PICTURE_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"jpeg", b"crx "})
_EXACT: Final = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"OggS", "ogg"),
    (b"FLV\x01", "flv"),
    (b"fLaC", "flac"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x00\x00\x01\xb3", "mpegvideo"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"riff\x2e\x91\xcf\x11", "w64"),
    (b"caff\x00\x01", "caf"),
    (b"#!AMR", "amr"),
    (b"wvpk", "wv"),
    (b".snd", "au"),
    (b"DKIF", "ivf"),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", "mxf"),
    (b"\x1f\x07\x00", "dv"),
    (b"\x7f\xfe\x80\x01", "dts"),
)
_RIFF: Final = {b"AVI ": "avi", b"AVIX": "avi", b"WAVE": "wav"}
_STRANGE: Final = (
    (b"#EXTM3U", "a playlist (M3U8)"),
    (b"ffconcat", "a list of files"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"%PDF", "a PDF"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"BM", "a picture (BMP)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"v=0", "a session description (SDP)"),
)
_TEXT: Final = re.compile(rb"(?:\xef\xbb\xbf)?[\t\r\n\x20-\x7e\x80-\xff]+")
_SYNC: Final = 0x47
_PACKETS: Final = 5
_PACKET_SIZES: Final = (188, 192, 204)
"""Plain, with a time before each (Blu-ray, cameras), with Reed-Solomon bytes behind each."""
_ID3: Final = 10
_H264_FIRST: Final = frozenset({7, 9})
_HEVC_FIRST: Final = frozenset({0x40, 0x42, 0x46})
_AC3_MOST: Final = 10
"""bsid: above it is Enhanced AC-3 (ETSI TS 102 366, E.1.3.1.6)."""


def container_of(head: bytes) -> str:
    """The name of libav's reader for a file that begins so; raises MediaError for what is not taken."""
    found = _by_name(head) or _sound(head[_behind_id3(head) :] or head) or _transport(head) or _elementary(head)
    if not found:
        raise MediaError(_refusal(head))
    return found


def _by_name(head: bytes) -> str | None:
    if head[4:8] in _MOVIE_BOXES:
        return None if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS else "mov"
    if head[:4] in {b"RIFF", b"RF64"}:
        return _RIFF.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return "aiff"
    return next((name for start, name in _EXACT if head.startswith(start)), None)


def _behind_id3(head: bytes) -> int:
    """Where an ID3 tag ends: its size has seven bits a byte. Tags with a picture end beyond what is read."""
    if head[:3] != b"ID3" or len(head) < _ID3:
        return 0
    return _ID3 + sum(byte << 7 * place for place, byte in enumerate(reversed(head[6:10])))


def _sound(head: bytes) -> str | None:
    """What a frame of sound begins with; behind a tag that is too long to see beyond it is most likely MP3."""
    if head[:3] == b"ID3":
        return "mp3"
    if head[:2] == b"\x0b\x77" and len(head) > 5:  # noqa: PLR2004 - bsid is in the sixth byte
        return "ac3" if head[5] >> 3 <= _AC3_MOST else "eac3"
    if head[:4] == b"fLaC":
        return "flac"
    if len(head) < 4 or head[0] != 0xFF or head[1] < 0xE0:  # noqa: PLR2004 - eleven bits of sync
        return None
    if head[1] & 0xF6 == 0xF0:  # noqa: PLR2004 - layer 0 is ADTS (ISO/IEC 13818-7, 6.2)
        return "aac"
    return "mp3" if head[1] & 6 and head[1] & 0x18 != 8 and head[2] >> 4 < 15 else None  # noqa: PLR2004 - forbidden


def _transport(head: bytes) -> str | None:
    """Sync bytes at one distance, wherever in a packet the file begins."""
    wanted = bytes([_SYNC]) * _PACKETS
    for size in _PACKET_SIZES:
        if any(head[at : at + size * _PACKETS : size] == wanted for at in range(size)):
            return "mpegts"
    return None


def _elementary(head: bytes) -> str | None:
    """H.264 and HEVC by themselves, with start codes."""
    start = head.find(b"\x00\x00\x01", 0, 8)
    if start < 0 or head[:start].strip(b"\x00") or len(head) < start + 5:
        return None
    first = head[start + 3]
    if first in _HEVC_FIRST and head[start + 4] == 1:
        return "hevc"
    return "h264" if first & 0x1F in _H264_FIRST and not first & 0x80 else None


def _refusal(head: bytes) -> str:
    if not head:
        return "The file is empty."
    strange = next((what for start, what in _STRANGE if head.removeprefix(b"\xef\xbb\xbf").startswith(start)), None)
    if not strange and head[4:8] == b"ftyp":
        strange = "a picture (HEIF)"
    if not strange and head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        strange = "a picture (WebP)"
    if not strange and _TEXT.fullmatch(head):
        strange = "a text"
    if strange:
        return f"The file is {strange}, not video or sound. Send the media itself, for example as MP4, MKV or MOV."
    return "The file is in no format that is known here. Send it as MP4, MOV, MKV, WebM, MPEG-TS, AVI, FLV, MP3 or WAV."
