/**
 * What one browser remembers: where films were left, the player, the volume. Storage may be forbidden, full, or filled by
 * somebody else; then nothing is remembered, and nothing else is amiss.
 */

const PLACES = "headwater.places";
/** So near its beginning nobody needs to be brought back … */
const BEGINNING_S = 10;
/** … and so near its end, a share of the whole, it counts as seen. */
const SEEN = 0.95;
/** Films remembered, the latest ones: 40 bytes each. */
export const MOST = 100;

export class Memory {
  #storage;

  /** `storage`: gives something like localStorage, or throws. */
  constructor(storage = () => globalThis.localStorage) {
    this.#storage = storage;
  }

  /** A setting's value, or null. */
  setting(name) {
    try {
      return this.#storage().getItem(`headwater.${name}`);
    } catch {
      return null;
    }
  }

  keep(name, value) {
    this.#write(`headwater.${name}`, String(value));
  }

  /** Seconds at which a film was left, or null. */
  place(playbackId) {
    const found = this.#places().find(([id]) => id === playbackId);
    return found ? found[1] : null;
  }

  /** Note where a film is left; at its beginning and its end that is nowhere. */
  leave(playbackId, place, duration) {
    const others = this.#places().filter(([id]) => id !== playbackId);
    const worthIt = place >= BEGINNING_S && place < duration * SEEN;
    const kept = worthIt ? [...others, [playbackId, Math.round(place * 10) / 10]] : others;
    this.#write(PLACES, JSON.stringify(kept.slice(-MOST)));
  }

  #places() {
    try {
      const found = JSON.parse(this.#storage().getItem(PLACES) ?? "[]");
      return found.filter(([id, place]) => typeof id === "string" && Number.isFinite(place) && place >= 0);
    } catch {
      return [];
    }
  }

  #write(name, value) {
    try {
      this.#storage().setItem(name, value);
    } catch {
      // Full or forbidden.
    }
  }
}
