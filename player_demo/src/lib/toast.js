/** A word over the picture about what a key has just done, which screen readers say as well. */

const SHOWN_MS = 1500;
/** A sentence with a choice in it stays as long as it takes to read and decide. */
const ASKING_MS = 8000;

export class Toast {
  #box;
  #words;
  #button;
  #timer;
  #act = null;

  constructor({ box, words, button }) {
    this.#box = box;
    this.#words = words;
    this.#button = button;
    button.addEventListener("click", () => { this.hide(); this.#act?.(); });
  }

  /** With `offer` (`[words, act]`) there is a button beside it. */
  say(words, offer = null) {
    clearTimeout(this.#timer);
    this.#words.textContent = words;
    this.#button.hidden = offer === null;
    [this.#button.textContent, this.#act] = offer ?? ["", null];
    this.#box.hidden = false;
    this.#timer = setTimeout(() => this.hide(), offer ? ASKING_MS : SHOWN_MS);
  }

  hide() {
    this.#box.hidden = true;
  }
}
