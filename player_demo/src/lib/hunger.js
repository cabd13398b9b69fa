/**
 * Telling a broadcaster who sends nothing from a line that brings nothing. Times are seconds, and arguments.
 *
 * The picture stands still for want of data ("dry"), and the playlist has not grown for longer than it may: then the page
 * asks the server why (`why`). Faults that only say that nothing comes are held back until that is known: of a broadcast
 * that was interrupted they are no news, of a bad line they are.
 */

/** So long may a playlist stand still, in parts (segments where there are none): half a part late is nothing yet … */
const STILL_PARTS = 1.5;
/** … and at least: five of the shortest parts. */
const LEAST_STILL_S = 1;
/** A browser's own player does not tell the length of a segment; this is the longest that we make by choice. */
const UNKNOWN_PART_S = 4;
/** What hls.js says when nothing comes, while it goes on asking and shakes the picture to see whether it moves. */
const SILENCE = new Set(["bufferStalledError", "bufferNudgeOnStall", "levelLoadTimeOut", "audioTrackLoadTimeOut"]);

export class Hunger {
  #edge = null;
  #grownAt = -Infinity;
  #fedAt = -Infinity;
  #held = [];
  #dry = false;

  /** Nothing to play and nothing announced, for longer than should be. */
  hungry = false;
  /** It is known to be the broadcaster's silence, and nobody else's fault. */
  excused = false;

  /** Look once more; `dry` is true while the picture waits for data. Gives "starved" or "fed" at a change, else null. */
  observe({ now, edge, part, dry }) {
    if (edge !== this.#edge) {
      this.#edge = edge;
      this.#grownAt = now;
    }
    this.#dry = dry;
    const before = this.hungry;
    const patience = Math.max(LEAST_STILL_S, STILL_PARTS * (part ?? UNKNOWN_PART_S));
    // After an interruption a crumb may come that lay on the way; what follows it is the same interruption.
    const still = now - this.#grownAt > patience || now - this.#fedAt < patience;
    this.hungry = dry && (before || still);
    if (before && !this.hungry && this.excused) {
      this.#fedAt = now;
    }
    return this.hungry === before ? null : this.hungry ? "starved" : "fed";
  }

  /** Take a fault; gives those that are to be told now. */
  fault(fault) {
    const hold = this.#dry && !fault.fatal && SILENCE.has(fault.details);
    if (!hold) {
      return [...this.release(), fault];
    }
    if (!this.excused) {
      this.#held.push(fault);
    }
    return [];
  }

  excuse() {
    this.excused = true;
    this.#held = [];
  }

  /** The picture moves again, or never will: give what was held back. */
  release() {
    const held = this.#held;
    this.#held = [];
    this.excused = false;
    return held;
  }
}

/**
 * Why nothing comes, from two answers of `probe` in a row: `newest` is the last piece of media that the playlist names.
 * Gives the page's event: starved, cut, lost; null while it is not known, or nobody's business but the player's.
 */
export function why(found, before) {
  const reasons = { failed: "cut", offline: "lost", refused: "lost" };
  if (found.verdict === "live") {
    return before !== null && found.newest === before ? "starved" : null;
  }
  return reasons[found.verdict] ?? null;
}
