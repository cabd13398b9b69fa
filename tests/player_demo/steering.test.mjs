import assert from "node:assert/strict";
import { test } from "node:test";
import { FASTEST, SLOWEST, Steering, WINDOW_S } from "../../player_demo/src/lib/steering.js";

/** A viewer in a world where parts of `part` seconds arrive `late(n)` seconds after they end. Gives a trace. */
function view({ seconds, late, part = 0.2, holdBack = 0.6, behind = 1.5 }) {
  const steering = new Steering({ holdBack, part });
  const step = 0.05;
  const trace = [];
  let position = 100 - behind;
  let end = 100;
  let rate = 1;
  let stalls = 0;
  let dry = false;
  for (let tick = 0; tick * step < seconds; tick += 1) {
    const now = tick * step;
    steering.observe({ now, end });
    while (100 + now >= end + part + late(end)) {
      end += part;
    }
    const wanted = position + rate * step;
    if (wanted > end && !dry) {
      stalls += 1;
      steering.stalled(now);
    }
    dry = wanted > end;
    position = Math.min(wanted, end);
    const { jump, rate: advised } = steering.decide({ now, position });
    rate = advised;
    position += jump;
    trace.push({ now, rate, jump, delay: 100 + now - position, stalls, target: steering.target });
  }
  return trace;
}

const calm = () => 0.05;
const last = (trace, seconds) => trace.filter((point) => point.now > trace.at(-1).now - seconds);

test("the aim is the server's hold-back less one part", () => {
  assert.ok(Math.abs(new Steering({ holdBack: 0.6, part: 0.2 }).target - 0.4) < 1e-9);
  assert.ok(new Steering({ holdBack: 0.1, part: 0.2 }).target > 0);
});

test("nothing known, nothing done", () => {
  assert.deepEqual(new Steering({ holdBack: 0.6, part: 0.2 }).decide({ now: 0, position: 0 }), { rate: 1, jump: 0 });
});

test("comes to the hold-back from behind and stays there at normal speed", () => {
  const trace = view({ seconds: 60, late: calm });
  const tail = last(trace, 30);
  assert.ok(tail.every((point) => point.rate === 1), "the speed still changes");
  assert.ok(Math.max(...tail.map((point) => point.delay)) < 0.8);
  assert.equal(trace.at(-1).stalls, 0);
});

test("never overshoots: the speed goes from fast to normal and not below", () => {
  const trace = view({ seconds: 30, late: calm });
  assert.ok(trace.every((point) => point.rate >= 1));
  const changes = trace.filter((point, i) => i > 0 && (point.rate > 1) !== (trace[i - 1].rate > 1));
  assert.ok(changes.length <= 2, `the speed was switched ${changes.length} times`);
});

test("gives way before it stalls when the line gets slower", () => {
  const trace = view({ seconds: 60, late: (end) => (end < 120 ? 0.05 : 0.25), behind: 0.65 });
  assert.equal(trace.at(-1).stalls, 0);
  assert.ok(Math.min(...trace.map((point) => point.rate)) < 1);
  assert.ok(last(trace, 5).every((point) => point.delay > 0.8));
});

test("a bad line stalls less and less, and the aim stays bounded", () => {
  const jitter = (end) => 0.05 + (Math.round(end * 5) % 37 === 0 ? 0.9 : 0);
  const trace = view({ seconds: 300, late: jitter });
  const [early, late] = [trace.find((point) => point.now > 100), trace.at(-1)];
  assert.ok(late.stalls - early.stalls <= 2, `${late.stalls - early.stalls} stalls after the first 100 s`);
  assert.ok(late.target <= 3.4);
});

test("an aim that was relaxed comes back on a clean line", () => {
  const trace = view({ seconds: 200, late: (end) => (end > 104 && end < 104.3 ? 2 : 0.05) });
  assert.ok(trace.at(-1).stalls >= 1);
  assert.ok(Math.abs(trace.at(-1).target - 0.4) < 1e-9);
});

test("speeds stay within what time stretching hides", () => {
  const trace = view({ seconds: 60, late: (end) => 0.05 + 0.3 * Math.abs(Math.sin(end)), behind: 2.5 });
  assert.ok(trace.every((point) => point.rate >= SLOWEST && point.rate <= FASTEST));
});

test("far behind is jumped at once, not raced", () => {
  const trace = view({ seconds: 5, late: calm, behind: 30 });
  assert.ok(trace.some((point) => point.jump > 20));
  assert.ok(trace.at(-1).delay < 1.2);
});

test("samples are forgotten after the window, and by forget()", () => {
  const steering = new Steering({ holdBack: 0.6, part: 0.2 });
  steering.observe({ now: 0, end: 1 });
  steering.observe({ now: WINDOW_S + 0.1, end: 9 });
  assert.ok(Math.abs(steering.floor({ now: WINDOW_S + 0.1, position: 8 }) - 1) < 1e-9);
  steering.forget();
  assert.equal(steering.floor({ now: 3, position: 8 }), null);
});

test("so far behind that buffering cannot have worked, it seeks, and gives that time to work", () => {
  const steering = new Steering({ holdBack: 0.6, part: 0.2 });
  assert.equal(steering.lost({ now: 0, behind: null }), false);
  assert.equal(steering.lost({ now: 0, behind: 5 }), false);
  assert.equal(steering.lost({ now: 0, behind: 20 }), true);
  assert.equal(steering.lost({ now: 1, behind: 20 }), false);
  assert.equal(steering.lost({ now: 6, behind: 20 }), true);
  const standard = new Steering({ holdBack: 12, part: 4 });
  assert.equal(standard.lost({ now: 0, behind: 15 }), false);
});

test("an excused stall teaches nothing, a stall of the line does", () => {
  const steering = new Steering({ holdBack: 0.6, part: 0.2 });
  const { target } = steering;
  steering.stalled(1);
  steering.stalled(2);
  steering.observe({ now: 3, end: 3 });
  steering.moving({ excused: true });
  assert.equal(steering.target, target);
  assert.equal(steering.floor({ now: 3, position: 2 }), null);
  steering.stalled(4);
  steering.moving({ excused: false });
  assert.ok(steering.target > target);
  steering.moving({ excused: true });
  assert.ok(steering.target > target, "there was no stall to excuse");
});
