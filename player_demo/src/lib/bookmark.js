/** Keeps the place in a film: for the next visit (memory.js), and for another player within this one. */

/** Nobody minds five seconds twice, and writing costs the disk something. */
const EACH_MS = 5000;

export class Bookmark {
  #memory;
  #writtenAt = -Infinity;
  #place = null;

  constructor(memory) {
    this.#memory = memory;
  }

  /** Another film, or another address of the same. */
  forget() {
    this.#place = null;
  }

  /** Where to begin: the place of this visit, else that of the last one, which is worth a word; else null. */
  open(playbackId) {
    const remembered = this.#place === null ? this.#memory.place(playbackId) : null;
    return { at: this.#place ?? remembered, remembered: remembered !== null };
  }

  /** Note a reading; `hurry` where there may be no other. */
  note(playbackId, { film, started, position, edge, phase }, { now, hurry = false }) {
    if (!film || !started || !edge) {
      return;
    }
    this.#place = phase === "finished" ? 0 : position;
    if (hurry || now - this.#writtenAt > EACH_MS) {
      this.#writtenAt = now;
      this.#memory.leave(playbackId, phase === "finished" ? edge : position, edge);
    }
  }
}
