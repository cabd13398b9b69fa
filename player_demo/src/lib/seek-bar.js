/** The bar over the buttons while a film plays: what is loaded, where we are, and what time it is under the pointer. */

import { clock, spoken } from "./words.js";

/** Arrow keys on the bar, in seconds; PageUp and PageDown go by tenths of the film. */
const STEPS = { ArrowUp: 5, ArrowDown: -5 };
const PAGES = { PageUp: 0.1, PageDown: -0.1 };

/** A CSS gradient that is `ink` where there is media, over a bar of `duration` seconds. */
export function loaded(spans, duration, ink) {
  const share = (place) => `${((Math.min(place, duration) / duration) * 100).toFixed(2)}%`;
  const stops = spans.map(([start, end]) => `transparent ${share(start)}, ${ink} ${share(start)} ${share(end)}, transparent ${share(end)}`);
  return duration > 0 && stops.length > 0 ? `linear-gradient(to right, ${stops.join(", ")})` : "none";
}

export class SeekBar {
  #bar;
  #tip;
  #times;
  #on;
  #dragged = null;
  #duration = 0;
  #position = 0;

  /** `on.seek(place)`. */
  constructor({ seek, tip, times }, on) {
    this.#bar = seek;
    this.#tip = tip;
    this.#times = times;
    this.#on = on;
    const listen = (name, act) => seek.addEventListener(name, (event) => act(event));
    listen("pointerdown", (event) => this.#grasp(event));
    listen("pointermove", (event) => this.#hover(event));
    listen("pointerup", () => this.#drop());
    listen("pointercancel", () => { this.#dragged = null; this.#hideTip(); });
    listen("pointerleave", () => this.#hideTip());
    listen("keydown", (event) => this.#key(event));
  }

  /** Show a reading (see Session.reading). */
  show({ film, position, edge, buffered }) {
    if (!film || !edge) {
      return;
    }
    this.#duration = edge;
    this.#position = position;
    this.#bar.style.setProperty("--loaded", loaded(buffered, edge, "#ffffff59"));
    this.#draw();
  }

  #draw() {
    const place = Math.min(this.#dragged ?? this.#position, this.#duration);
    this.#bar.style.setProperty("--share", `${((place / this.#duration) * 100).toFixed(2)}%`);
    const said = { valuemax: Math.floor(this.#duration), valuenow: Math.floor(place), valuetext: `${spoken(place)} of ${spoken(this.#duration)}` };
    for (const [name, value] of Object.entries(said)) {
      this.#bar.setAttribute(`aria-${name}`, value);
    }
    this.#times.textContent = `${clock(place)} / ${clock(this.#duration)}`;
  }

  #placeOf({ clientX }) {
    const { left, width } = this.#bar.firstElementChild.getBoundingClientRect();
    return Math.min(Math.max((clientX - left) / width, 0), 1) * this.#duration;
  }

  #grasp(event) {
    if (event.button === 0 && this.#duration > 0) {
      this.#bar.setPointerCapture(event.pointerId);
      this.#dragged = this.#placeOf(event);
      this.#hover(event);
    }
  }

  #hover(event) {
    const place = this.#placeOf(event);
    this.#tip.hidden = this.#duration === 0;
    this.#tip.textContent = clock(place);
    this.#bar.style.setProperty("--pointer", (place / this.#duration || 0).toFixed(4));
    if (this.#dragged !== null) {
      this.#dragged = place;
      this.#draw();
    }
  }

  #drop() {
    if (this.#dragged !== null) {
      this.#on.seek(this.#dragged);
      this.#position = this.#dragged;
      this.#dragged = null;
    }
    this.#hideTip();
  }

  #hideTip() {
    this.#tip.hidden = this.#dragged === null;
  }

  #key(event) {
    const step = STEPS[event.key] ?? (PAGES[event.key] ?? 0) * this.#duration;
    if (step !== 0) {
      event.preventDefault();
      event.stopPropagation();
      this.#on.seek(this.#position + step);
    }
  }
}
