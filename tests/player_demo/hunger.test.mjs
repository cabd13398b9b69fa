import assert from "node:assert/strict";
import { test } from "node:test";
import { Hunger, why } from "../../player_demo/src/lib/hunger.js";

const PART = 0.2;
const fault = (details, fatal = false) => ({ details, fatal });
const STALLED = fault("bufferStalledError");

/** A player that has played up to `edge` 10 at 100 s, and found nothing more. */
function dried({ part = PART } = {}) {
  const hunger = new Hunger();
  assert.equal(hunger.observe({ now: 100, edge: 10, part, dry: false }), null);
  assert.equal(hunger.observe({ now: 100.6, edge: 10, part, dry: true }), null);
  return hunger;
}

test("hungry is who has nothing to play and hears of nothing new; it is said once", () => {
  const hunger = dried();
  assert.equal(hunger.observe({ now: 101.1, edge: 10, part: PART, dry: true }), "starved");
  assert.equal(hunger.observe({ now: 102, edge: 10, part: PART, dry: true }), null);
  assert.equal(hunger.hungry, true);
  assert.equal(hunger.observe({ now: 103, edge: 10.2, part: PART, dry: true }), null);
  assert.equal(hunger.observe({ now: 103.1, edge: 10.4, part: PART, dry: false }), "fed");
  assert.equal(hunger.hungry, false);
});

test("a playlist that grows while the picture stands is the line's trouble", () => {
  const hunger = dried();
  for (let now = 101; now < 110; now += 0.5) {
    assert.equal(hunger.observe({ now, edge: now, part: PART, dry: true }), null);
  }
});

test("whole segments, and players that tell nothing of parts, are given the time of a segment", () => {
  for (const part of [4, null]) {
    const hunger = dried({ part });
    assert.equal(hunger.observe({ now: 105.9, edge: 10, part, dry: true }), null);
    assert.equal(hunger.observe({ now: 106.1, edge: 10, part, dry: true }), "starved");
  }
});

test("a line that brings nothing is told of when it is over, an interruption is not", () => {
  const hunger = dried();
  assert.deepEqual(hunger.fault(STALLED), []);
  hunger.observe({ now: 101.1, edge: 10, part: PART, dry: false });
  assert.deepEqual(hunger.release(), [STALLED]);
  hunger.observe({ now: 102, edge: 11, part: PART, dry: true });
  assert.deepEqual(hunger.fault(STALLED), []);
  hunger.excuse();
  assert.deepEqual(hunger.fault(fault("levelLoadTimeOut")), []);
  assert.deepEqual(hunger.release(), []);
  assert.equal(hunger.excused, false);
});

test("what is more than silence is told at once, with what was held back", () => {
  const hunger = dried();
  const broken = fault("bufferAppendError");
  assert.deepEqual(hunger.fault(STALLED), []);
  assert.deepEqual(hunger.fault(broken), [STALLED, broken]);
  const dead = fault("levelLoadTimeOut", true);
  assert.deepEqual(hunger.fault(dead), [dead]);
  hunger.observe({ now: 101, edge: 11, part: PART, dry: false });
  assert.deepEqual(hunger.fault(STALLED), [STALLED]);
});

test("a crumb after an interruption does not end it", () => {
  const part = 4;
  const hunger = dried({ part });
  hunger.observe({ now: 107, edge: 10, part, dry: true });
  hunger.excuse();
  assert.equal(hunger.observe({ now: 120, edge: 10.6, part, dry: false }), "fed");
  hunger.release();
  assert.equal(hunger.observe({ now: 120.6, edge: 10.6, part, dry: true }), "starved");
});

test("why: two equal answers mean that the broadcaster sends nothing", () => {
  const live = (newest) => ({ verdict: "live", newest });
  assert.equal(why(live("1-7.2.m4s"), null), null);
  assert.equal(why(live("1-7.2.m4s"), "1-7.1.m4s"), null);
  assert.equal(why(live("1-7.2.m4s"), "1-7.2.m4s"), "starved");
});

test("why: no answer is the server's trouble, a refusal the page's, an end the player's", () => {
  assert.equal(why({ verdict: "failed" }, "1-7.2.m4s"), "cut");
  assert.equal(why({ verdict: "offline" }, null), "lost");
  assert.equal(why({ verdict: "refused" }, null), "lost");
  assert.equal(why({ verdict: "over", newest: "1-7.2.m4s" }, "1-7.2.m4s"), null);
});
