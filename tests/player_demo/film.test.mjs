import assert from "node:assert/strict";
import { test } from "node:test";
import { Bookmark } from "../../player_demo/src/lib/bookmark.js";
import { ahead, spans } from "../../player_demo/src/lib/buffered.js";
import { chosenPlayer } from "../../player_demo/src/lib/choice.js";
import { Ending } from "../../player_demo/src/lib/ending.js";
import { faultWords, hopeless, Losses } from "../../player_demo/src/lib/faults.js";
import { actionFor, HELP } from "../../player_demo/src/lib/keys.js";
import { Memory, MOST } from "../../player_demo/src/lib/memory.js";
import { loaded } from "../../player_demo/src/lib/seek-bar.js";
import { frameAt, frameStart, nextSpeed, SPEEDS, speedWords } from "../../player_demo/src/lib/speeds.js";
import { trackNames } from "../../player_demo/src/lib/tracks.js";
import { clock, spoken } from "../../player_demo/src/lib/words.js";

const body = { tagName: "BODY" };

test("keys of a film, and those of a broadcast", () => {
  const film = (key, more = {}) => actionFor({ key, target: body, ...more }, true);
  const live = (key) => actionFor({ key, target: body }, false);
  assert.deepEqual([film("j"), film("L"), film("7"), film("Home")], [["jump", -10], ["jump", 10], ["tenth", 7], ["tenth", 0]]);
  assert.deepEqual([film(","), film(">"), film("?")], [["frame", -1], ["faster", 1], ["help"]]);
  assert.deepEqual([live("l"), live("j"), live("7"), live(","), live("<")], [["live"], ["jump", -5], null, null, null]);
  assert.deepEqual([film("ArrowLeft"), live("ArrowRight")], [["jump", -5], ["jump", 5]]);
  for (const modifier of ["ctrlKey", "metaKey", "altKey"]) {
    assert.equal(film("f", { [modifier]: true }), null);
  }
  assert.deepEqual([film("x"), film("toString"), film("constructor"), film("F5")], [null, null, null, null]);
});

test("what has the focus keeps the keys that it needs", () => {
  const at = (target, key) => actionFor({ key, target }, true);
  assert.equal(at({ tagName: "BUTTON" }, " "), null);
  assert.deepEqual(at({ tagName: "BUTTON" }, "k"), ["toggle"]);
  assert.equal(at({ tagName: "INPUT", type: "range" }, "ArrowLeft"), null);
  assert.deepEqual(at({ tagName: "INPUT", type: "range" }, "m"), ["sound"]);
  assert.equal(at({ tagName: "INPUT", type: "search" }, "m"), null);
  assert.equal(at({ tagName: "SELECT" }, "1"), null);
});

test("the list of keys names every key", () => {
  for (const [kind, film] of [["film", true], ["live", false]]) {
    const named = HELP[kind].flatMap(([keys]) => keys).filter((key) => key !== "…");
    const spelled = { Space: " ", "←": "ArrowLeft", "→": "ArrowRight", "↑": "ArrowUp", "↓": "ArrowDown" };
    assert.ok(named.every((key) => actionFor({ key: spelled[key] ?? key, target: body }, film) !== null), kind);
  }
});

test("speeds go up and down their list, from anywhere, and stop at its ends", () => {
  assert.deepEqual([nextSpeed(1, 1), nextSpeed(1, -1), nextSpeed(1.1, 1), nextSpeed(1.1, -1)], [1.25, 0.75, 1.25, 1]);
  assert.deepEqual([nextSpeed(3, 1), nextSpeed(0.25, -1)], [SPEEDS.at(-1), SPEEDS[0]]);
  assert.deepEqual([speedWords(1), speedWords(1.25)], ["1×", "1.25×"]);
});

test("a step of one frame aims at the middle of the next one, or of the one before", () => {
  assert.ok(Math.abs(frameAt(2, 1, 25) - 2.06) < 1e-9);
  assert.ok(Math.abs(frameAt(2, -1, 25) - 1.98) < 1e-9);
  assert.equal(frameAt(0, -1, undefined), 0);
});

test("the picture that is shown is the one that the browser told of, unless a seek goes elsewhere", () => {
  assert.equal(frameStart(2.001, 2.02, 25), 2.001);
  assert.equal(frameStart(21.6, 12, 25), 12);
  assert.equal(frameStart(null, 12.06, 25), 12.04);
  assert.equal(frameStart(null, 0.05, undefined), 1 / 30);
});

function shelf() {
  const held = new Map();
  return { getItem: (name) => held.get(name) ?? null, setItem: (name, value) => held.set(name, value) };
}

test("the place in a film is remembered, not at its beginning and not near its end", () => {
  const storage = shelf();
  const memory = new Memory(() => storage);
  memory.leave("pb_1", 61.23, 600);
  memory.leave("pb_2", 9, 600);
  assert.deepEqual([memory.place("pb_1"), memory.place("pb_2")], [61.2, null]);
  memory.leave("pb_1", 571, 600);
  assert.equal(memory.place("pb_1"), null);
});

test("memory is bounded, and stands what others put there or forbid", () => {
  const storage = shelf();
  const memory = new Memory(() => storage);
  for (let i = 0; i < MOST + 5; i += 1) {
    memory.leave(`pb_${i}`, 100, 600);
  }
  assert.deepEqual([memory.place("pb_0"), memory.place(`pb_${MOST + 4}`)], [null, 100]);
  for (const rubbish of ["{", "7", "[[1,2],[\"pb_1\",\"x\"],[\"pb_1\",-4]]", "null", "[null]"]) {
    storage.setItem("headwater.places", rubbish);
    assert.equal(memory.place("pb_1"), null);
  }
  const forbidden = new Memory(() => { throw new Error("SecurityError"); });
  forbidden.leave("pb_1", 100, 600);
  forbidden.keep("player", "dash");
  assert.deepEqual([forbidden.place("pb_1"), forbidden.setting("player")], [null, null]);
});

test("a bookmark goes on where this visit was, before what an earlier one left", () => {
  const memory = new Memory(shelf);
  const kept = shelf();
  const bookmark = new Bookmark(new Memory(() => kept));
  const reading = { film: true, started: true, position: 50, edge: 600, phase: "playing" };
  new Memory(() => kept).leave("pb_1", 300, 600);
  assert.deepEqual(bookmark.open("pb_1"), { at: 300, remembered: true });
  bookmark.note("pb_1", reading, { now: 0 });
  bookmark.note("pb_1", { ...reading, position: 52 }, { now: 2000 });
  assert.deepEqual(bookmark.open("pb_1"), { at: 52, remembered: false });
  assert.equal(new Memory(() => kept).place("pb_1"), 50);
  bookmark.note("pb_1", { ...reading, film: false, position: 99 }, { now: 9000 });
  bookmark.note("pb_1", { ...reading, phase: "finished", position: 600 }, { now: 9000 });
  bookmark.forget();
  assert.deepEqual(bookmark.open("pb_1"), { at: null, remembered: false });
  assert.equal(memory.place("pb_1"), null);
});

test("the player is what the address says, else what is remembered, else hls.js", () => {
  const nothing = { search: "", hash: "#t=a.b.c" };
  assert.equal(chosenPlayer(nothing, null), "hls");
  assert.equal(chosenPlayer(nothing, "dash"), "dash");
  assert.equal(chosenPlayer({ search: "?player=dash", hash: "#t=a" }, null), "dash");
  assert.equal(chosenPlayer({ search: "", hash: "#t=a&player=hls" }, "dash"), "hls");
  assert.equal(chosenPlayer({ search: "?player=flash", hash: "" }, "vlc"), "hls");
});

test("sound tracks are called by name and language, and never two alike", () => {
  const tracks = [{ name: "a0", language: "de" }, { name: "Commentary", language: "de", channels: 2 }, { name: "English", language: "en", channels: 6 }];
  assert.deepEqual(trackNames(tracks), ["German", "Commentary · German", "English · 5.1"]);
  assert.deepEqual(trackNames([{ name: "a0" }, { name: "audio_1", language: "und" }, {}]), ["Track 1", "Track 2", "Track 3"]);
  assert.deepEqual(trackNames([{ language: "fr" }, { name: "fr", language: "fr" }]), ["French (1)", "French (2)"]);
  assert.deepEqual(trackNames([{ language: "not a tag!" }]), ["not a tag!"]);
});

test("faults are said in words, and some are known to be without hope", () => {
  assert.match(faultWords("manifestIncompatibleCodecsError"), /cannot decode/);
  assert.match(faultWords("fragLoadError"), /cannot be had/);
  assert.match(faultWords("fragParsingError"), /damaged/);
  assert.match(faultWords("20 chunk is not defined"), /damaged/);
  assert.match(faultWords("27 http://h/x.m4s is not available"), /cannot be had/);
  assert.match(faultWords("something new"), /something new/);
  assert.match(faultWords(""), /did not say/);
  assert.deepEqual(["35 no", "bufferAddCodecError", "fragLoadError", "media error 4"].map(hopeless), [true, true, false, false]);
});

test("the third loss within half a minute is one too many", () => {
  const losses = new Losses();
  assert.deepEqual([0, 20, 40, 45].map((now) => losses.note(now)), [false, false, false, true]);
});

const ranges = (...pairs) => ({ length: pairs.length, start: (i) => pairs[i][0], end: (i) => pairs[i][1] });

test("what is loaded: spans, and seconds ahead of a place", () => {
  const held = ranges([0, 4], [10, 20]);
  assert.deepEqual(spans(held), [[0, 4], [10, 20]]);
  assert.deepEqual([ahead(held, 1), ahead(held, 9.95), ahead(held, 5), ahead(held, 20)], [3, 10.05, 0, 0].map((value, i) => (i === 1 ? 20 - 9.95 : value)));
});

test("the bar shows what is loaded as a gradient, and never beyond its end", () => {
  assert.equal(loaded([[0, 5], [9, 12]], 10, "red"), "linear-gradient(to right, transparent 0.00%, red 0.00% 50.00%, transparent 50.00%, transparent 90.00%, red 90.00% 100.00%, transparent 100.00%)");
  assert.equal(loaded([], 10, "red"), "none");
  assert.equal(loaded([[0, 1]], 0, "red"), "none");
});

test("a film has ended when it stands still near its end, and a broadcast anywhere", () => {
  const trial = (film, position, edge) => {
    const ending = new Ending();
    const looks = [0, 1, 2.5, 3, 9, 11].map((now) => ending.observe({ now, position, paused: false, over: true, film, edge }));
    return looks.indexOf(true);
  };
  assert.equal(trial(true, 99, 100), 2);
  assert.equal(trial(true, 50, 100), -1);
  assert.equal(trial(false, 50, 100), 5);
  const paused = new Ending();
  assert.ok([0, 20].every((now) => !paused.observe({ now, position: 100, paused: true, over: true, film: true, edge: 100 })));
});

test("times are shown, and said", () => {
  assert.deepEqual([clock(0), clock(65.9), clock(3725), clock(NaN)], ["0:00", "1:05", "1:02:05", "0:00"]);
  assert.deepEqual([spoken(0), spoken(61), spoken(7325)], ["0 seconds", "1 minute 1 second", "2 hours 2 minutes 5 seconds"]);
});
