"""Files as people bring them, made on the spot by PyAV: small pictures, short, and odd in one way each."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from struct import pack, unpack_from
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import av

from media.track import Codec
from tests.support import box_tree, clips

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.box_tree import Node

PICTURE: Final = (64, 48)


@dataclass(frozen=True)
class Recipe:
    """What a film is made of. `times` are presentation times of pictures in ticks of 1/`clock` s, by number."""

    video: Codec | None = Codec.H264
    audio: tuple[tuple[Codec, str], ...] = ((Codec.AAC, "und"),)
    format: str = "mp4"
    rate: Fraction = Fraction(25)
    pictures: int = 50
    size: tuple[int, int] = PICTURE
    b_frames: int = 0
    gop: int = 20
    starts_s: float = 0
    times: Callable[[int], int] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    encoder: Mapping[str, str] = field(default_factory=dict)
    change: Callable[[Node], None] | None = None

    def make(self) -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder, f"film.{self.format}")
            self._write(path)
            data = path.read_bytes()
        return box_tree.changed(data, self.change) if self.change else data

    def _write(self, path: Path) -> None:
        with clips._own_priority(), av.open(str(path), "w", options=dict(self.options)) as container:
            packets = [*self._pictures(container), *self._sound(container)]
            for packet in sorted(packets, key=lambda packet: (packet.dts or 0) * (packet.time_base or 1)):
                container.mux(packet)

    def _pictures(self, container: av.container.OutputContainer) -> list[av.Packet[av.stream.Stream]]:
        if self.video is None:
            return []
        encoder, options = clips._ENCODERS[self.video]
        options = options | {"g": str(self.gop), "bf": str(self.b_frames), "sc_threshold": "0", **self.encoder}
        stream = container.add_stream(encoder, rate=self.rate, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *self.size, "yuv420p"
        if self.video is Codec.HEVC:
            stream.codec_context.codec_tag = "hvc1"
        clock = Fraction(1, 1000) if self.times else 1 / self.rate
        stream.codec_context.time_base = clock
        found = []
        for number, frame in enumerate(clips._pictures(self.pictures, self.size, self.rate)):
            frame.pts = (self.times(number) if self.times else number) + round(self.starts_s / clock)
            frame.time_base = clock
            found += stream.encode(frame)
        return found + stream.encode()

    def _sound(self, container: av.container.OutputContainer) -> list[av.Packet[av.stream.Stream]]:
        found = []
        for codec, language in self.audio:
            encoder, options = clips._ENCODERS[codec]
            stream = container.add_stream(encoder, rate=48_000, options=options, layout="stereo")
            assert isinstance(stream, av.AudioStream)
            stream.metadata["language"] = language
            seconds = self.pictures / self.rate if self.video else Fraction(2)
            for frame in clips._tone(round(seconds * 48_000), 48_000, 2):
                frame.pts = (frame.pts or 0) + round(self.starts_s * 48_000)
                found += stream.encode(frame)
            found += stream.encode()
        return found


def turned(*matrix: int) -> Callable[[Node], None]:
    """Turn the pictures: a, b, c, d of the matrix."""

    def change(file: Node) -> None:
        a, b, c, d = (value << 16 for value in matrix)
        for trak in box_tree.traks(file, b"vide"):
            tkhd = trak.find(b"tkhd")
            tkhd.body = tkhd.body[:40] + pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + tkhd.body[76:]

    return change


def wide_offsets(file: Node) -> None:
    """Write offsets of chunks as a file above 4 GiB has them."""
    for trak in box_tree.traks(file):
        stco = trak.find(b"mdia", b"minf", b"stbl", b"stco")
        (rows,) = unpack_from(">I", stco.body, 4)
        offsets = unpack_from(f">{rows}I", stco.body, 8)
        stco.kind, stco.body = b"co64", box_tree.table([(offset,) for offset in offsets], ">Q")


def edited(*rows: tuple[int, int], handler: bytes = b"vide") -> Callable[[Node], None]:
    """Give a track another edit list."""
    return lambda file: box_tree.edit(file, rows, handler)


def irregular(number: int) -> int:
    """Milliseconds as a webcam has them."""
    return 33 * number + 11 * (number % 3) + (200 if number > 20 else 0)


SILENT: Final = ()
FRAGMENTED: Final = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
FILMS: Final[dict[str, Recipe]] = {
    "H.264 with B-frames and AAC": Recipe(b_frames=2),
    "faststart": Recipe(b_frames=2, options={"movflags": "faststart"}),
    "open groups of pictures": Recipe(b_frames=2, encoder={"x264-params": "open-gop=1"}),
    "HEVC": Recipe(Codec.HEVC, b_frames=2),
    "AV1": Recipe(Codec.AV1),
    "VP9 and Opus": Recipe(Codec.VP9, ((Codec.OPUS, "und"),)),
    "MOV": Recipe(b_frames=2, format="mov"),
    "fragments": Recipe(b_frames=2, options=FRAGMENTED),
    "fragments with an edit list": Recipe(b_frames=2, options={"movflags": "frag_keyframe+delay_moov"}),
    "fragments counted from the file": Recipe(options={"movflags": "frag_keyframe+empty_moov"}),
    "fragments of each track": Recipe(b_frames=2, options={"movflags": "frag_keyframe+empty_moov+separate_moof"}),
    "one fragment": Recipe(options={"movflags": "empty_moov"}),
    "CMAF": Recipe(options={"movflags": "cmaf+frag_keyframe", "frag_duration": "200000"}),
    "offsets of 64 bits": Recipe(b_frames=2, change=wide_offsets),
    "pictures of various length": Recipe(times=irregular),
    "pictures of various length, with B-frames": Recipe(times=irregular, b_frames=2),
    "turned by 90 degrees": Recipe(audio=SILENT, change=turned(0, 1, -1, 0)),
    "turned by 180 degrees": Recipe(audio=SILENT, change=turned(-1, 0, 0, -1)),
    "turned by 270 degrees": Recipe(audio=SILENT, change=turned(0, -1, 1, 0)),
    "two languages": Recipe(audio=((Codec.AAC, "deu"), (Codec.AAC, "eng"))),
    "sound alone": Recipe(video=None),
    "Opus alone": Recipe(None, ((Codec.OPUS, "und"),)),
    "one picture": Recipe(audio=SILENT, pictures=1),
    "a picture a second": Recipe(rate=Fraction(1), pictures=4),
    "240 pictures a second": Recipe(rate=Fraction(240), pictures=240, gop=120),
    "NTSC": Recipe(rate=Fraction(30_000, 1001), b_frames=2),
    "begins late": Recipe(b_frames=2, starts_s=2),
    "begins late, in fragments": Recipe(b_frames=2, starts_s=2, options=FRAGMENTED),
    "pictures begin later than sound": Recipe(b_frames=2, change=edited((500, -1), (2_000, 1024))),
    "two waits": Recipe(b_frames=2, change=edited((500, -1), (250, -1), (2_000, 1024))),
    "negative composition offsets": Recipe(b_frames=2, options={"movflags": "negative_cts_offsets"}),
    "no edit list": Recipe(b_frames=2, options={"use_editlist": "0"}),
    "trimmed at a key picture": Recipe(b_frames=2, change=edited((1_200, 1024 + 20 * 512))),
    "trimmed between key pictures": Recipe(b_frames=2, change=edited((1_400, 1024 + 15 * 512))),
    "trimmed between two pictures": Recipe(b_frames=2, change=edited((1_400, 1024 + 15 * 512 + 100))),
    "trimmed sound": Recipe(change=edited((500, 72_100), handler=b"soun")),
    "sound that ends early": Recipe(change=edited((500, 1024), handler=b"soun")),
}
