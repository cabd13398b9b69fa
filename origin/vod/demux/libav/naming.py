"""Codecs by the names that people know, and which decoders are of use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.track import Codec

if TYPE_CHECKING:
    from av.codec.context import CodecContext
    from av.stream import Stream

CARRIED: Final = {
    "h264": Codec.H264,
    "hevc": Codec.HEVC,
    "av1": Codec.AV1,
    "vp9": Codec.VP9,
    "aac": Codec.AAC,
    "opus": Codec.OPUS,
}
"""libav's names for what players take as it is."""
_WORDS: Final = {
    "h264": "H.264",
    "hevc": "HEVC",
    "av1": "AV1",
    "vp9": "VP9",
    "aac": "AAC",
    "aac_latm": "AAC (LATM)",
    "opus": "Opus",
    "mpeg1video": "MPEG-1",
    "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4 Part 2",
    "msmpeg4v2": "MS MPEG-4",
    "msmpeg4v3": "MS MPEG-4 (DivX 3)",
    "prores": "ProRes",
    "dnxhd": "DNxHD",
    "dvvideo": "DV",
    "vc1": "VC-1",
    "wmv1": "Windows Media Video 7",
    "wmv2": "Windows Media Video 8",
    "wmv3": "Windows Media Video 9",
    "mjpeg": "Motion JPEG",
    "jpeg2000": "JPEG 2000",
    "rawvideo": "uncompressed",
    "v210": "uncompressed (v210)",
    "vp6f": "VP6",
    "vp8": "VP8",
    "vvc": "VVC (H.266)",
    "theora": "Theora",
    "h263": "H.263",
    "flv1": "Sorenson H.263",
    "cfhd": "CineForm",
    "qtrle": "QuickTime Animation",
    "mp3": "MP3",
    "mp2": "MPEG Layer 2",
    "ac3": "AC-3",
    "eac3": "E-AC-3",
    "dts": "DTS",
    "truehd": "TrueHD",
    "vorbis": "Vorbis",
    "flac": "FLAC",
    "alac": "ALAC",
    "wmav2": "Windows Media Audio",
    "wmapro": "Windows Media Audio Pro",
    "mov_text": "timed text",
    "subrip": "SubRip",
    "ass": "ASS",
    "webvtt": "WebVTT",
    "hdmv_pgs_subtitle": "PGS",
    "dvb_subtitle": "DVB subtitles",
    "dvd_subtitle": "DVD subtitles",
    "png": "PNG",
}
_PCM: Final = frozenset(
    f"pcm_{sign}{bits}{end}" for sign, widths in (("s", (16, 24, 32)), ("f", (32, 64))) for bits in widths
    for end in ("le", "be")
) | {"pcm_s8", "pcm_u8", "pcm_alaw", "pcm_mulaw", "pcm_dvd", "pcm_bluray", "s302m"}  # fmt: skip
DECODERS: Final = _PCM | {
    *("h264", "hevc", "libdav1d", "vp9", "aac", "aac_latm", "opus"),
    *("mp3", "mp3float", "mp2", "mp2float", "mp1", "mp1float", "ac3", "eac3", "dca", "truehd", "mlp", "vorbis"),
    *("flac", "alac", "wmav1", "wmav2", "wmapro", "wmalossless", "wavpack", "amrnb", "amrwb"),
    *("adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_swf", "nellymoser", "speex", "gsm", "gsm_ms"),
}
"""libav's names. Video is decoded to see in which order pictures are shown, never to be remade; sound is converted."""


def codec_of(stream: Stream) -> str:
    """Libav's name of a stream's codec, or "" where it knows none."""
    context: CodecContext | None = stream.codec_context  # None where libav has no decoder, whatever the stubs say
    return context.codec.canonical_name if context is not None else ""


def decoder_of(stream: Stream) -> str:
    """The name of libav's decoder for it, or ""."""
    context: CodecContext | None = stream.codec_context
    return context.codec.name if context is not None else ""


def in_words(codec: str) -> str:
    """What people call it."""
    if codec.startswith("pcm_"):
        return "PCM"
    return _WORDS.get(codec, codec) or "an unknown codec"
