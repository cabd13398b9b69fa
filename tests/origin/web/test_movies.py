"""A film over HTTP, whole and in pieces; curl and a browser have the last word."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio

from media.track import Kind
from origin.errors import Problem
from origin.stores.disk import DiskStore
from origin.web.movies import is_wanted
from tests.origin.vod.mp4.shelf import PREFIX
from tests.origin.web.cinema import showing
from tests.packager.mp4.recording import record, whole
from tests.packager.mp4.test_peers import run
from tests.support import clips
from tests.support.browser import chromium, executable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from origin.stores.protocol import Piece
    from tests.origin.web.cinema import Cinema

FILM = record(run(clips.video(seconds=6, b_frames=2), clips.audio(seconds=6)))
SIZES = ((320, 180), (426, 240))
CHANGED = record(
    *(
        run(clips.video(seconds=4, size=size, b_frames=2), clips.audio(seconds=4), start=4 * place)
        for place, size in enumerate(SIZES)
    )
)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[DiskStore]:
    store = DiskStore(tmp_path / "objects")
    yield store
    await store.close()


@pytest_asyncio.fixture
async def cinema(store: DiskStore, tmp_path: Path) -> AsyncIterator[Cinema]:
    async with showing(store, FILM, tmp_path / "plans", "Fête") as cinema:
        yield cinema


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=60) as client:
        yield client


async def test_the_whole_file(cinema: Cinema, client: httpx.AsyncClient) -> None:
    answer = await client.get(cinema.url)
    assert answer.status_code == 200
    assert answer.content == whole(FILM)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Fete.mp4\"; filename*=UTF-8''F%C3%AAte.mp4"
    )
    assert answer.headers["cache-control"].startswith("private"), "an edge keeps what it keeps by the path alone"
    assert answer.headers["x-also"] == "this"


async def test_head_says_the_same(cinema: Cinema, client: httpx.AsyncClient) -> None:
    head, answer = await client.head(cinema.url), await client.get(cinema.url)
    told = [{name: value for name, value in each.headers.items() if name != "date"} for each in (head, answer)]
    assert told[0] == told[1]
    assert (head.status_code, head.content) == (200, b"")


async def test_random_ranges_make_the_whole(cinema: Cinema, client: httpx.AsyncClient) -> None:
    expected = whole(FILM)
    chance = random.Random(7)  # noqa: S311 - ranges, no secrets
    edges = sorted({0, len(expected), *(chance.randrange(len(expected)) for _ in range(20))})
    spans = list(itertools.pairwise(edges))
    chance.shuffle(spans)
    pieces: dict[int, bytes] = {}
    for start, end in spans:
        answer = await client.get(cinema.url, headers={"Range": f"bytes={start}-{end - 1}"})
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(expected)}"
        pieces[start] = answer.content
    assert b"".join(pieces[start] for start in sorted(pieces)) == expected


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=-10", 206, -10, None),
        ("bytes=5-", 206, 5, None),
        ("bytes=0-0", 206, 0, 1),
        ("bytes=0-99999999999", 206, 0, None),
        ("bytes=0-1,5-6", 200, 0, None),
        ("lines=0-1", 200, 0, None),
    ],
)
async def test_ranges(  # noqa: PLR0917 - the columns of the table
    cinema: Cinema, client: httpx.AsyncClient, asked: str, status: int, start: int, end: int | None
) -> None:
    answer = await client.get(cinema.url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, whole(FILM)[start:end])


async def test_a_range_behind_the_end(cinema: Cinema, client: httpx.AsyncClient) -> None:
    answer = await client.get(cinema.url, headers={"Range": "bytes=99999999-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(whole(FILM))}"


async def test_conditions(cinema: Cinema, client: httpx.AsyncClient) -> None:
    tag = (await client.head(cinema.url)).headers["etag"]
    assert tag.startswith('"mp4-')
    for condition in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = await client.get(cinema.url, headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag), condition
    assert (await client.get(cinema.url, headers={"If-None-Match": '"x"'})).status_code == 200
    for condition, status in ((tag, 206), ('"x"', 200), (f"W/{tag}", 200)):
        answer = await client.get(cinema.url, headers={"Range": "bytes=3-5", "If-Range": condition})
        assert answer.status_code == status, condition


async def test_curl_goes_on_where_it_was_cut_off(cinema: Cinema, tmp_path: Path) -> None:
    file, expected = tmp_path / "film.mp4", whole(FILM)
    file.write_bytes(expected[: len(expected) // 3])
    await curl("-C", "-", "-o", str(file), cinema.url)
    assert file.read_bytes() == expected
    await curl("--remote-name", "--remote-header-name", "--output-dir", str(tmp_path), cinema.url)
    assert (tmp_path / "Fete.mp4").read_bytes() == expected


async def curl(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--show-error", "--fail", *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


async def test_what_cannot_be_sent_whole_does_not_pass_for_it(
    cinema: Cinema, client: httpx.AsyncClient, store: DiskStore
) -> None:
    await client.head(cinema.url)
    name = FILM.segments[-1][0]
    await store.put(PREFIX + name, (FILM.objects[name][:-1],))
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(cinema.url)


async def test_nothing_is_read_for_who_has_left(
    cinema: Cinema, store: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that leaves in the middle: the answer ends, and no more of the film is asked for."""
    held, asked = asyncio.Event(), []

    async def endless(pieces: Sequence[Piece]) -> bytes:
        asked.append(len(pieces))
        held.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with httpx.AsyncClient() as first:
        await first.head(cinema.url)
    monkeypatch.setattr(store, "gather", endless)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(httpx.URL(cinema.url).port or 0))
    writer.write(b"GET /film HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    await held.wait()
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(30):
        while not cinema.gone:  # noqa: ASYNC110 - looks from outside
            await asyncio.sleep(0.01)
    assert len(asked) == 1


async def test_a_recording_that_is_damaged_is_told_of(
    cinema: Cinema, client: httpx.AsyncClient, store: DiskStore
) -> None:
    await store.put(PREFIX + FILM.segments[0][0], (b"nonsense",))
    answer = await client.get(cinema.url)
    assert (answer.status_code, answer.json()["code"]) == (502, "recording_damaged")
    assert "m4s" not in answer.text
    assert "tn_a" not in answer.text


@pytest.mark.parametrize(
    ("query", "wanted"), [(b"", False), (b"_HLS_msn=4", False), (b"download=mp4", True), (b"x=1&download=mp4", True)]
)
def test_what_is_wanted(query: bytes, wanted: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_wanted(query) is wanted


@pytest.mark.parametrize("query", [b"download=", b"download=mkv", b"download=mp4&download=mkv", b"a=1&" * 40])
def test_what_there_is_not(query: bytes) -> None:
    with pytest.raises(Problem) as caught:
        is_wanted(query)
    assert caught.value.status == 400


PLAY = """async (address) => {
  const video = document.querySelector('video');
  const sizes = [];
  video.addEventListener('resize', () => sizes.push(video.videoWidth));
  const once = (name) => new Promise((done, failed) => {
    video.addEventListener(name, done, {once: true});
    video.addEventListener('error', () => failed(new Error(video.error.message)), {once: true});
  });
  video.muted = true;
  video.playbackRate = 4;
  video.src = address;
  await once('loadedmetadata');
  await Promise.all([once('ended'), video.play()]);
  const ended = video.currentTime;
  video.currentTime = video.duration * 0.2;
  await once('seeked');
  const widths = [video.videoWidth];
  video.currentTime = video.duration * 0.8;
  await once('seeked');
  widths.push(video.videoWidth);
  return {
    duration: video.duration, ended, sizes, widths, frames: video.getVideoPlaybackQuality().totalVideoFrames,
    heard: video.webkitAudioDecodedByteCount > 0,
  };
}"""


@pytest.mark.skipif(executable() is None, reason="chromium is not installed")
@pytest.mark.parametrize("recording", [FILM, CHANGED], ids=["one size", "two sizes"])
async def test_chromium_plays_it_to_the_end_and_seeks(store: DiskStore, tmp_path: Path, recording: Any) -> None:
    async with showing(store, recording, tmp_path / "plans") as cinema, chromium() as context:
        page = await context.new_page()
        await page.goto(cinema.url.removesuffix("film"))
        said = await page.evaluate(PLAY, cinema.url)
    seconds, widths = (6, [320, 320]) if recording is FILM else (8, [320, 426])
    assert said["duration"] == pytest.approx(seconds, abs=0.1)
    assert said["ended"] == pytest.approx(seconds, abs=0.1)
    assert said["widths"] == widths
    assert set(said["sizes"]) == set(widths)
    assert said["heard"]


LISTEN = """async (address) => {
  const video = document.querySelector('video');
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaElementSource(video).connect(analyser).connect(context.destination);
  video.src = address;
  await video.play();
  const changes = [];
  const wave = new Float32Array(analyser.fftSize);
  while (!video.ended) {
    analyser.getFloatTimeDomainData(wave);
    const sounds = wave.some((level) => Math.abs(level) > 0.05);
    if (sounds !== changes.at(-1)?.sounds) changes.push({sounds, at: video.currentTime});
    await new Promise((done) => setTimeout(done, 20));
  }
  return changes;
}"""


@pytest.mark.skipif(executable() is None, reason="chromium is not installed")
async def test_sound_after_a_pause_is_heard_when_it_should_be(store: DiskStore, tmp_path: Path) -> None:
    """A browser plays frames of sound one after the other: without silence between, it would begin 3 s early."""
    tracks, samples = run(clips.video(seconds=7), clips.audio(seconds=7))
    paused = [each for each in samples if each.kind is Kind.VIDEO or not 2 * 48_000 <= each.dts < 5 * 48_000]
    async with showing(store, record((tracks, paused)), tmp_path / "plans") as cinema, chromium() as context:
        page = await context.new_page()
        await page.goto(cinema.url.removesuffix("film"))
        await page.mouse.click(5, 5)  # whoever has not touched a page hears nothing
        changes = await page.evaluate(LISTEN, cinema.url)
    heard = [change["at"] for change in changes if change["sounds"]]
    assert len(heard) == 2
    assert heard[1] == pytest.approx(5, abs=0.5)
