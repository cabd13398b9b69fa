/** What the watch page is doing, as a table: phase × event → phase. An event that a phase does not list changes nothing. */

const ASKING = { live: "playing", over: "playing", offline: "offline", refused: "refused", failed: "failing", unplayable: "unplayable" };

export const PHASES = Object.freeze({
  /** Asking for the first time, or again with another link. */
  looking: ASKING,
  /** Off the air: asks again and again, starts by itself. */
  offline: ASKING,
  /** The server is unreachable or in trouble. */
  failing: ASKING,
  playing: { ended: "ended", finished: "finished", lost: "looking", starved: "starved", cut: "cut", unplayable: "unplayable" },
  /** The broadcaster sends nothing: the last picture stays, the player goes on asking. */
  starved: { ended: "ended", finished: "finished", lost: "looking", fed: "playing", cut: "cut" },
  /** The server does not answer the player either. */
  cut: { ended: "ended", finished: "finished", lost: "looking", fed: "playing", starved: "starved", unplayable: "unplayable" },
  /** A film came to its end: its last picture stays, and one can go back. */
  finished: { resumed: "playing", lost: "looking", unplayable: "unplayable" },
  /** The broadcast was closed. `over` is the same broadcast seen once more; only a live one is news. */
  ended: { live: "playing", refused: "refused" },
  /** The player gave up again and again, or the browser cannot decode what this is. */
  unplayable: {},
  /** The link does not open the stream; only another link helps. */
  refused: {},
});

/** Phases with a player, which keeps its picture from one to another. */
export const SHOWING = new Set(["playing", "starved", "cut", "finished"]);

/** Phases in which the page keeps asking the server. */
export const WAITING = new Set(["looking", "offline", "failing", "ended"]);

export function next(phase, event) {
  if (event === "readdressed") {
    return "looking";
  }
  return PHASES[phase][event] ?? phase;
}
