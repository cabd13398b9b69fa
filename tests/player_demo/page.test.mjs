import assert from "node:assert/strict";
import { test } from "node:test";
import { readAddress, watchLink } from "../../player_demo/src/lib/address.js";
import { ApiError } from "../../player_demo/src/lib/api.js";
import { pause, waitBefore } from "../../player_demo/src/lib/backoff.js";
import { enter } from "../../player_demo/src/lib/entrance.js";
import { next, PHASES, SHOWING, WAITING } from "../../player_demo/src/lib/phases.js";
import { firstMedia, isOver, newestMedia } from "../../player_demo/src/lib/playlist.js";
import { judge, probe } from "../../player_demo/src/lib/probe.js";
import { describe, merge, onAir } from "../../player_demo/src/lib/shelf.js";
import { behind, notice, rung, seconds } from "../../player_demo/src/lib/words.js";

test("the address gives the playlist, the token from the fragment", () => {
  const link = new URL(watchLink("pb_1aZ", "ab.c-d_e"), "http://host/");
  assert.deepEqual(readAddress(link), { playbackId: "pb_1aZ", token: "ab.c-d_e", playlist: "/play/ab.c-d_e/pb_1aZ/index.m3u8" });
});

test("an address with a piece missing or a piece too much is refused in words", () => {
  for (const [pathname, hash] of [["/watch/pb_1", "#t=../x"], ["/watch/pb_1", "#t=a/b"], ["/watch/", "#t=a"], ["/watch/st_1", "#t=a"]]) {
    assert.match(readAddress({ pathname, hash }).fault, /\.$/);
  }
});

test("without a token the address is whole, and who is signed in gets in", async () => {
  for (const hash of ["", "#", "#t="]) {
    assert.deepEqual(readAddress({ pathname: "/watch/pb_1", hash }), { playbackId: "pb_1", token: null, playlist: null });
  }
  const asked = [];
  const mint = async (playbackId) => { asked.push(playbackId); return { token: "a.b.c" }; };
  assert.deepEqual(await enter("pb_1", mint), { playlist: "/play/a.b.c/pb_1/index.m3u8" });
  assert.deepEqual(asked, ["pb_1"]);
});

test("strangers are told that the token is missing, trouble is tried again", async () => {
  const refusing = (error) => enter("pb_1", async () => { throw error; });
  for (const [status, code] of [[401, "unauthorized"], [403, "forbidden"], [404, "not_found"]]) {
    const found = await refusing(new ApiError(status, { code, detail: "Send an API key." }));
    assert.deepEqual([found.verdict, found.code], ["refused", ""]);
    assert.match(found.sentence, /has no token/);
  }
  const busy = await refusing(new ApiError(429, { code: "rate_limited", detail: "Wait a moment." }));
  assert.deepEqual(busy, { verdict: "failed", code: "rate_limited", sentence: "Wait a moment." });
  const away = await refusing(new TypeError("no route"));
  assert.equal(away.verdict, "failed");
  assert.match(away.sentence, /does not answer/);
});

test("waiting grows, is bounded and spread", () => {
  assert.ok(waitBefore(0, 0.5) < waitBefore(3, 0.5));
  assert.ok(waitBefore(1000, 0.999) <= 12_500);
  assert.notEqual(waitBefore(4, 0), waitBefore(4, 0.9));
});

test("a pause ends early when it is called off", async () => {
  const asked = new AbortController();
  const paused = pause(3_600_000, asked.signal);
  asked.abort();
  await paused;
});

test("phases lead to phases of the table", () => {
  for (const [phase, ways] of Object.entries(PHASES)) {
    for (const to of Object.values(ways)) {
      assert.ok(to in PHASES, `${phase} leads to ${to}`);
    }
  }
  assert.ok([...WAITING, ...SHOWING].every((phase) => phase in PHASES));
  assert.ok([...SHOWING].every((phase) => !WAITING.has(phase)));
});

test("the way of a broadcast: off the air, on, closed, on again", () => {
  const seen = ["offline", "live", "ended", "over", "offline", "failed", "live", "lost", "refused", "live", "readdressed"]
    .reduce((trail, event) => [...trail, next(trail.at(-1), event)], ["looking"]);
  assert.deepEqual(seen.slice(1), ["offline", "playing", "ended", "ended", "ended", "ended", "playing", "looking", "refused", "refused", "looking"]);
});

test("the way of an interruption: the player stays through it, whatever its reason turns out to be", () => {
  const seen = ["fed", "starved", "cut", "starved", "fed", "cut", "fed"]
    .reduce((trail, event) => [...trail, next(trail.at(-1), event)], ["playing"]);
  assert.deepEqual(seen.slice(1), ["playing", "starved", "cut", "starved", "playing", "cut", "playing"]);
  assert.ok(seen.every((phase) => SHOWING.has(phase)));
  assert.equal(next("starved", "ended"), "ended");
  assert.equal(next("starved", "lost"), "looking");
  assert.equal(next("offline", "starved"), "offline");
});

test("playlists: the newest media is the last part or segment, not what is hinted at", () => {
  const segments = "#EXTM3U\r\n#EXT-X-MAP:URI=\"1-init-0.mp4\"\r\n#EXTINF:2,\r\n1-7.m4s\r\n";
  const parts = '#EXT-X-PART:DURATION=0.2,URI="1-8.0.m4s",INDEPENDENT=YES\r\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1-8.1.m4s"\r\n';
  assert.equal(newestMedia(segments), "1-7.m4s");
  assert.equal(newestMedia(segments + parts), "1-8.0.m4s");
  assert.equal(newestMedia("#EXTM3U\n#EXT-X-PART-INF:PART-TARGET=0.2\n"), null);
});

test("playlists: the first media playlist, and the end", () => {
  assert.equal(firstMedia("#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\nv0/index.m3u8\r\n", "http://h/play/t/pb/index.m3u8"), "http://h/play/t/pb/v0/index.m3u8");
  assert.equal(firstMedia("#EXTM3U\n", "http://h/"), null);
  assert.equal(isOver("#EXTM3U\n#EXT-X-ENDLIST\n"), true);
  assert.equal(isOver("#EXTM3U\n#EXTINF:2,\na.m4s\n"), false);
});

test("problem documents become verdicts, with their own sentence", () => {
  assert.equal(judge(404, { code: "stream_offline" }).verdict, "offline");
  assert.deepEqual(judge(403, { code: "token_expired", detail: "Ask for a new one." }), { verdict: "refused", code: "token_expired", sentence: "Ask for a new one." });
  assert.equal(judge(404, { code: "not_found" }).verdict, "refused");
  assert.equal(judge(503, {}).verdict, "failed");
  assert.equal(judge(429, {}).verdict, "failed");
});

test("probing looks into the media playlist only when asked to", async () => {
  const answers = { "/i.m3u8": "#EXTM3U\nv0.m3u8\n", "/v0.m3u8": "#EXTM3U\n#EXT-X-ENDLIST\n" };
  const asked = [];
  const fetch = async (address) => {
    const { pathname } = new URL(address, "http://h");
    asked.push(pathname);
    return new Response(answers[pathname]);
  };
  assert.equal((await probe("/i.m3u8", { fetch, base: "http://h/" })).verdict, "live");
  assert.deepEqual(asked, ["/i.m3u8"]);
  assert.equal((await probe("/i.m3u8", { fetch, base: "http://h/", deep: true })).verdict, "over");
  answers["/v0.m3u8"] = "#EXTM3U\n#EXTINF:2,\n1-7.m4s\n";
  assert.equal((await probe("/i.m3u8", { fetch, base: "http://h/", deep: true })).newest, "1-7.m4s");
});

test("an unreachable server, and one that answers nonsense, are tried again", async () => {
  const fetch = async () => { throw new TypeError("no route"); };
  assert.equal((await probe("/i", { fetch, base: "http://h/" })).verdict, "failed");
  const nonsense = async () => new Response("<html>", { status: 502 });
  assert.equal((await probe("/i", { fetch: nonsense, base: "http://h/" })).verdict, "failed");
});

test("numbers are said as people say them", () => {
  assert.equal(behind(65.2), "-1:05");
  assert.equal(behind(3725), "-1:02:05");
  assert.equal(seconds(null), "–");
  assert.equal(seconds(0.678), "0.68 s");
  assert.equal(rung({ width: 1280, height: 720, bitrate: 2_500_000 }), "1280×720 · 2.5 Mb/s");
  assert.equal(rung({}), "–");
});

test("every phase in which no picture is shown has words, and the server's sentence comes first when it refuses", () => {
  assert.equal(notice("playing", ""), null);
  for (const phase of Object.keys(PHASES).filter((name) => name !== "playing" && name !== "finished")) {
    assert.ok(notice(phase, "").title);
  }
  assert.match(notice("starved", "").title, /Waiting for the broadcaster/);
  assert.equal(notice("cut", "The server has trouble.").text, "The server has trouble.");
  assert.equal(notice("refused", "Expired.").text, "Expired.");
  assert.match(notice("offline", "stream is off").text, /starts by itself/);
});

test("streams become cards", () => {
  const stream = { id: "st_1", name: "A", state: "reconnecting", playback_id: "pb_1", latency: "low", playback: "signed", health: [{ code: "long_gop", sentence: "Key frames are 8 s apart." }] };
  assert.equal(onAir(stream), true);
  assert.deepEqual(describe(stream).warnings, ["Key frames are 8 s apart."]);
  assert.equal(describe({ id: "st_2", state: "idle" }).words, "Off air");
  assert.deepEqual(merge([stream], [{ ...stream, state: "idle" }, { id: "st_2" }]).map((item) => item.state), ["idle", undefined]);
});

test("a film that ended stays to be seen, and can be resumed", () => {
  assert.ok(SHOWING.has("finished") && !WAITING.has("finished"));
  assert.deepEqual([next("playing", "finished"), next("finished", "resumed"), next("finished", "lost")], ["finished", "playing", "looking"]);
  assert.equal(notice("unplayable", "Its codecs are new.").text, "Its codecs are new.");
  assert.equal(next("unplayable", "readdressed"), "looking");
});
