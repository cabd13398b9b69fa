"""A film with two sound tracks, as a packager of somebody else makes it (ffmpeg), put below a server's own addresses.

The page then plays what the server does not have: routes in the browser answer in its place.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tests.support import ffmpeg

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import BrowserContext, Route

PLAYBACK_ID: Final = "pb_two_sounds"
TOKEN: Final = "not.signed.here"
SECONDS: Final = 24
FRAME_RATE: Final = 25
_TYPES: Final = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
}
_INDEX: Final = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="a0",LANGUAGE="de",DEFAULT=YES,AUTOSELECT=YES,URI="media_1.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Commentary",LANGUAGE="en",AUTOSELECT=YES,URI="media_2.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=320x180,FRAME-RATE=25,CODECS="avc1.42c00d,mp4a.40.2",AUDIO="audio"
media_0.m3u8
"""


def made(folder: Path) -> Path:
    """Make the film: HLS and DASH of the same files, one picture and a low and a high tone."""
    folder.mkdir(parents=True)
    inputs = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate={FRAME_RATE}:duration={SECONDS}"]
    for tone in (220, 880):
        inputs += ["-f", "lavfi", "-i", f"sine=frequency={tone}:sample_rate=48000:duration={SECONDS}"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline", "-g", "50", "-pix_fmt", "yuv420p"]
    tongues = ["-metadata:s:a:0", "language=de", "-metadata:s:a:1", "language=en", "-c:a", "aac"]
    dash = ["-f", "dash", "-seg_duration", "2", "-hls_playlist", "1", "-use_template", "1", "-use_timeline", "1"]
    sets = ["-adaptation_sets", "id=0,streams=0 id=1,streams=1 id=2,streams=2"]
    maps = ["-map", "0:v", "-map", "1:a", "-map", "2:a"]
    asyncio.run(ffmpeg.make(*inputs, *maps, *codecs, *tongues, *dash, *sets, str(folder / "manifest.mpd")))
    for playlist in folder.glob("media_*.m3u8"):
        playlist.write_text(
            playlist.read_text().replace("#EXT-X-MEDIA-SEQ", "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQ")
        )
    (folder / "index.m3u8").write_text(_INDEX)
    return folder


async def serve(context: BrowserContext, folder: Path, gone: str = "nothing") -> str:
    """Answer for the film, without the files that match `gone`; gives the page's address, without the server's."""

    async def answer(route: Route) -> None:
        name = urlsplit(route.request.url).path.rpartition("/")[2]
        path = folder / name
        if path.is_file() and not re.fullmatch(gone, name):
            await route.fulfill(path=path, content_type=_TYPES[path.suffix])
        else:
            await route.fulfill(status=404, body="{}", content_type="application/problem+json")

    await context.route(re.compile(rf"/play/[^/]+/{PLAYBACK_ID}/"), answer)
    return f"/watch/{PLAYBACK_ID}#t={TOKEN}"
