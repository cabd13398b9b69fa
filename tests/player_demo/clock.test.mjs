import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../../player_demo/src/lib/clock.js";

const at = (ms) => new Date(ms).toISOString();

test("before the first answer the local clock counts", () => {
  const clock = new ServerClock();
  assert.equal(clock.synchronised, false);
  assert.equal(clock.now(5), 5);
});

test("half the round trip is taken off, and the quickest trip believed", () => {
  const clock = new ServerClock();
  clock.sample({ sent: 1000, received: 1400, body: at(51_000) });
  clock.sample({ sent: 2000, received: 2020, body: `${at(52_010)}\n` });
  assert.equal(clock.offset, 50_000);
  assert.equal(clock.now(3000), 53_000);
});

test("an old sample gives way, however quick it was", () => {
  const clock = new ServerClock();
  clock.sample({ sent: 0, received: 0, body: at(99_000) });
  for (let i = 1; i <= 8; i += 1) {
    clock.sample({ sent: i * 1000, received: i * 1000 + 10, body: at(i * 1000 + 5) });
  }
  assert.equal(clock.offset, 0);
});

test("what is no time is not taken", () => {
  const clock = new ServerClock();
  assert.equal(clock.sample({ sent: 0, received: 1, body: "<html>" }), false);
  assert.equal(clock.synchronised, false);
});
