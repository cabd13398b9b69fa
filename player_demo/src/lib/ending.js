/**
 * The end of what is over. The browser's `ended` stays away where sound and picture end at different times and the last
 * bit never fills; then it has ended when it stands still. Times are seconds, and arguments.
 */

/** Standing still for so long is the end: near the edge, and anywhere. A film that stands amid its course waits for data. */
const END_STILL_S = 2;
const LOST_STILL_S = 10;
/** What counts as near. */
const END_NEAR_S = 1.5;

export class Ending {
  #stoodAt = null;
  #stoodSince = 0;

  /** Look once more; true in the moment when it has ended. */
  observe({ now, position, paused, over, film, edge }) {
    if (!over || paused || position !== this.#stoodAt) {
      this.#stoodAt = position;
      this.#stoodSince = now;
      return false;
    }
    const near = edge - position < END_NEAR_S;
    const patience = near ? END_STILL_S : film ? Infinity : LOST_STILL_S;
    const ended = now - this.#stoodSince > patience;
    if (ended) {
      this.#stoodSince = Infinity;
    }
    return ended;
  }
}
