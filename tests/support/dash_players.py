"""Other people's players, as they come, in a page with nothing else: dash.js and Shaka Player; hls.js for HLS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from player_demo import build
from tests.support.browser import MENDED, WAIT_S

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import BrowserContext, Page

MODULES: Final = build.HERE / "node_modules"
PAGE: Final = """<!doctype html><title>{name}</title>
<video muted autoplay playsinline width="1280"></video><script src="/stock/player.js"></script><script>
const video = document.querySelector("video");
const said = {{ errors: [], ended: false }};
video.addEventListener("ended", () => {{ said.ended = true; }});
window.reading = () => ({{
  ...said,
  position: video.currentTime,
  frames: video.getVideoPlaybackQuality().totalVideoFrames,
  width: video.videoWidth,
  height: video.videoHeight,
  buffers: video.buffered.length,
  languages: window.languages?.() ?? [],
}});
{script}
</script>"""


@dataclass(frozen=True, slots=True)
class Stock:
    """A player: its script, and what a page does to play `{manifest}` with `{options}` (JavaScript).

    `plays` is the manifest's name.
    """

    name: str
    file: str
    script: str
    options: str = "{}"
    plays: str = "manifest.mpd"

    @property
    def path(self) -> Path:
        """The script, installed if it is not there yet."""
        path = MODULES / self.file
        if not path.exists():
            build.install(build.toolchain())
        return path

    async def open(self, context: BrowserContext, base: str, token: str, playback_id: str) -> Page:
        """Begin to watch. The page comes out of this file, on the server's origin; the stream from the server."""
        page = await context.new_page()
        manifest = f"/play/{token}/{playback_id}/{self.plays}"
        script = self.script.replace("{manifest}", manifest).replace("{options}", self.options)
        html = PAGE.format(name=self.name, script=script)
        await page.route("**/stock/page", lambda route: route.fulfill(body=html, content_type="text/html"))
        await page.route(
            "**/stock/player.js", lambda route: route.fulfill(path=self.path, content_type="text/javascript")
        )
        await page.goto(f"{base}/stock/page")
        return page


DASH_JS: Final = Stock(
    "dash.js",
    "dashjs/dist/modern/umd/dash.all.min.js",
    """
const player = dashjs.MediaPlayer().create();
player.updateSettings({options});
player.on("error", ({ error }) => said.errors.push(`${error?.code} ${error?.message}`));
player.on("playbackError", ({ error }) => said.errors.push(String(error)));
window.languages = () => player.getTracksFor("audio").map((track) => track.lang);
player.initialize(video, "{manifest}", true);
""",
)
SHAKA: Final = Stock(
    "Shaka Player",
    "shaka-player/dist/shaka-player.compiled-es2021.js",
    """
(async () => {
  const player = new shaka.Player();
  // Later, for what it will mend by itself becomes RECOVERABLE (1) when its listeners have heard of it.
  const failed = (error) => setTimeout(() => said.errors.push(`${error.code} ${error.severity}`));
  player.addEventListener("error", ({ detail }) => failed(detail));
  window.languages = () => player.getAudioTracks().map((track) => track.language);
  player.configure({options});
  await player.attach(video);
  await player.load("{manifest}").catch(failed);
})();
""",
)
HLS_JS: Final = Stock(
    "hls.js",
    "hls.js/dist/hls.min.js",
    """
const player = new Hls({options});
player.on(Hls.Events.ERROR, (_, fault) => {
  if (fault.fatal || !MENDED.includes(fault.details)) said.errors.push(fault.details);
});
window.languages = () => player.audioTracks.map((track) => track.lang);
player.loadSource("{manifest}");
player.attachMedia(video);
""".replace("MENDED", str(sorted(MENDED))),
    plays="index.m3u8",
)


async def reading(page: Page) -> dict[str, Any]:
    """What a page says of itself: position, frames, width, height, buffers, languages, ended, errors."""
    found: dict[str, Any] = await page.evaluate("() => window.reading()")
    return found


async def until(page: Page, condition: str, wait_s: float = WAIT_S) -> dict[str, Any]:
    """Wait until a JavaScript condition on the reading `r` holds; gives the reading, also where it fails."""
    try:
        await page.wait_for_function(
            f"() => {{ const r = window.reading(); return {condition}; }}", timeout=wait_s * 1000, polling=100
        )
    except PlaywrightTimeoutError as error:
        raise AssertionError(f"{condition} does not hold after {wait_s} s: {await reading(page)}") from error
    return await reading(page)
