/** The numbers under the picture. Only what changed is written: layout costs more than arithmetic. */

import { rung, seconds } from "./words.js";

const ROWS = {
  delay: (r) => seconds(r.delay),
  buffer: (r) => seconds(r.buffer),
  floor: (r) => `${seconds(r.floor)} / ${seconds(r.target)}`,
  rate: (r) => `${r.rate.toFixed(2)}×`,
  engine: (r) => r.engine ?? "–",
  rung: (r) => rung(r.rung),
  dropped: (r) => `${r.dropped} of ${r.frames}`,
  stalls: (r) => String(r.stalls),
  errors: (r) => (r.errors.length === 0 ? "none" : `${r.errors.length}, last: ${r.errors.at(-1).details}`),
};

export class Readouts {
  #cells = new Map();

  /** `root` holds elements with `data-readout="<name>"`. */
  constructor(root) {
    for (const cell of root.querySelectorAll("[data-readout]")) {
      this.#cells.set(cell.dataset.readout, cell);
    }
  }

  show(reading) {
    for (const [name, cell] of this.#cells) {
      const words = ROWS[name](reading);
      if (cell.textContent !== words) {
        cell.textContent = words;
      }
    }
  }
}
