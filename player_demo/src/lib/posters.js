/** Pictures of films. Each needs a token, which is asked for when its card comes into sight, and once. */

/** A stored token is used no longer than this; play tokens live for six hours. */
const FRESH_MS = 5 * 3600 * 1000;
/** Cards are looked after from a screen's height before they are seen. */
const AHEAD = "600px";

export class Posters {
  #token;
  #seen = new WeakMap();
  #watcher;

  /** `token(item)`: resolves to a play token. */
  constructor(token) {
    this.#token = token;
    this.#watcher = new IntersectionObserver((entries) => this.#come(entries), { rootMargin: AHEAD });
  }

  /** `place`: the element that the picture fills. */
  show(place, item) {
    if (place === null || this.#seen.get(place)?.poster === item.poster) {
      return;
    }
    this.#seen.set(place, item);
    place.querySelector("img")?.remove();
    if (item.poster) {
      this.#watcher.observe(place);
    }
  }

  #come(entries) {
    for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
      this.#watcher.unobserve(target);
      this.#fetch(target, this.#seen.get(target));
    }
  }

  /** Where there is none after all the drawn one stays. */
  async #fetch(place, { playbackId, publicToken }) {
    const token = publicToken ?? (await this.#token(playbackId).catch(() => null));
    if (token !== null) {
      const picture = new Image();
      picture.alt = "";
      picture.addEventListener("load", () => place.prepend(picture), { once: true });
      picture.src = `/play/${token}/${playbackId}/poster.jpg`;
    }
  }
}

/** Tokens by playback id, each asked for once in five hours: `get(playbackId)`. */
export class Tokens {
  #mint;
  #now;
  #held = new Map();

  constructor(mint, now = () => Date.now()) {
    this.#mint = mint;
    this.#now = now;
  }

  async get(playbackId) {
    const held = this.#held.get(playbackId);
    if (held && this.#now() - held.at < FRESH_MS) {
      return held.token;
    }
    const { token } = await this.#mint(playbackId);
    this.#held.set(playbackId, { token, at: this.#now() });
    return token;
  }
}
