import assert from "node:assert/strict";
import { test } from "node:test";
import { Tokens } from "../../player_demo/src/lib/posters.js";
import { describeAsset, newestFirst, search } from "../../player_demo/src/lib/shelf.js";

const asset = (more) => ({ id: "as_1", name: "Spring", state: "ready", playback_id: "pb_1", created_at: 1, duration_s: 65.4, playback: "signed", ...more });

test("what is ready can be watched, and has its duration", () => {
  const shown = describeAsset(asset({ poster: true, broadcast_id: "bc_1" }));
  assert.deepEqual([shown.playable, shown.duration, shown.progress, shown.poster], [true, "1:05", null, true]);
  assert.match(shown.facts, /^recording · /);
  assert.match(describeAsset(asset({})).facts, /^film · /);
  assert.equal(describeAsset(asset({})).poster, false);
});

test("what is in the making shows how far it is, what failed says why", () => {
  const making = describeAsset(asset({ state: "processing", progress: 0.426, duration_s: null }));
  assert.deepEqual([making.playable, making.words, making.progress, making.duration], [false, "In the making, 42 %", 0.426, ""]);
  const waiting = describeAsset(asset({ state: "queued" }));
  assert.deepEqual([waiting.words, waiting.progress], ["Waiting", 0]);
  const failed = describeAsset(asset({ state: "failed", error: "It holds no pictures.", poster: true }));
  assert.deepEqual([failed.playable, failed.warnings, failed.poster, failed.progress], [false, ["It holds no pictures."], false, null]);
  assert.equal(describeAsset(asset({ state: "failed" })).warnings.length, 1);
});

test("what is public brings its token along", () => {
  const urls = { hls: "http://host/play/a.b-c.d_e/pb_1/index.m3u8", dash: "" };
  assert.equal(describeAsset(asset({ urls })).publicToken, "a.b-c.d_e");
  assert.equal(describeAsset(asset({})).publicToken, null);
});

test("names are searched by words in any order", () => {
  const items = [{ name: "Spring concert 2026" }, { name: "Concert of May" }, { name: "Speech" }];
  assert.deepEqual(search(items, "concert SPRING"), [items[0]]);
  assert.equal(search(items, "  ").length, 3);
  assert.equal(search(items, "(").length, 0);
});

test("the newest come first", () => {
  assert.deepEqual(newestFirst([asset({ id: "a", created_at: 1 }), asset({ id: "b", created_at: 3 })]).map(({ id }) => id), ["b", "a"]);
});

test("a token for a picture is asked for once in five hours", async () => {
  const asked = [];
  let now = 0;
  const tokens = new Tokens(async (id) => { asked.push(id); return { token: `t${asked.length}` }; }, () => now);
  assert.equal(await tokens.get("pb_1"), "t1");
  assert.equal(await tokens.get("pb_1"), "t1");
  now = 6 * 3600 * 1000;
  assert.equal(await tokens.get("pb_1"), "t2");
  assert.deepEqual(asked, ["pb_1", "pb_1"]);
});
