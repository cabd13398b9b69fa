/** The bar under the picture: where we are in what can still be seen, and the way back to the live edge. */

import { behind } from "./words.js";

/** Closer than this counts as live on the bar, even when the viewer paused for a moment. */
const AT_EDGE_S = 0.5;
/** A window shorter than this is not worth a bar. */
const SHORTEST_S = 8;

export class DvrBar {
  #bar;
  #label;
  #live;
  #dragging = false;
  #range = { start: 0, edge: 0 };

  /** `on`: `seek(place)`, `live()`. */
  constructor({ bar, label, live }, on) {
    this.#bar = bar;
    this.#label = label;
    this.#live = live;
    bar.addEventListener("input", () => this.#drag());
    bar.addEventListener("change", () => this.#drop(on));
    live.addEventListener("click", () => on.live());
  }

  #drag() {
    this.#dragging = true;
    this.#label.textContent = behind(this.#range.edge - Number(this.#bar.value));
  }

  #drop(on) {
    this.#dragging = false;
    const place = Number(this.#bar.value);
    if (this.#range.edge - place < AT_EDGE_S) {
      on.live();
    } else {
      on.seek(place);
    }
  }

  /** Show a reading (see Session.reading). */
  show({ start, edge, position, following, phase }) {
    const known = start !== null && edge !== null;
    this.#bar.disabled = !known || edge - start < SHORTEST_S;
    this.#live.setAttribute("aria-pressed", String(Boolean(following) && phase === "playing"));
    if (!known || this.#dragging) {
      return;
    }
    this.#range = { start, edge };
    const place = following ? edge : Math.min(position, edge);
    Object.assign(this.#bar, { min: start, max: edge, value: place });
    const share = edge > start ? (place - start) / (edge - start) : 1;
    this.#bar.style.setProperty("--share", `${(share * 100).toFixed(2)}%`);
    this.#label.textContent = following ? "" : behind(edge - position);
  }
}
