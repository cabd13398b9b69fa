/** A list of cards that is updated in place, so that focus and scrolling stay where they are. */

/** What a card can do, by the name of its button; each comes with words for done and not done, or none. */
const SAID = { watch: null, copy: ["Copied", "Not copied"], remove: null };

export class Cards {
  #list;
  #template;
  #acts;
  #posters;
  #cards = new Map();

  /** `acts`: async `watch(item)`, `copy(item)`, `remove(item)`; `trouble(error)`. `posters`: see posters.js, or null. */
  constructor(list, template, acts, posters = null) {
    this.#list = list;
    this.#template = template;
    this.#acts = acts;
    this.#posters = posters;
  }

  show(items) {
    const wanted = new Set(items.map((item) => item.key));
    for (const [key, { card }] of this.#cards) {
      if (!wanted.has(key)) {
        card.remove();
        this.#cards.delete(key);
      }
    }
    items.forEach((item, place) => this.#put(item, place));
  }

  /** A card is moved only where it stands wrong: what is moved loses the focus. */
  #put(item, place) {
    const held = this.#cards.get(item.key) ?? this.#make(item);
    held.item = item;
    if (this.#list.children[place] !== held.card) {
      this.#list.insertBefore(held.card, this.#list.children[place] ?? null);
    }
    fill(held.card, item);
    this.#posters?.show(part(held.card, "picture"), item);
  }

  #make(item) {
    const held = { card: this.#template.content.firstElementChild.cloneNode(true), item };
    for (const [name, said] of Object.entries(SAID)) {
      const button = part(held.card, name);
      button?.addEventListener("click", async (event) => {
        event.preventDefault();
        const done = await this.#do(name, held.item);
        button.textContent = said ? said[done ? 0 : 1] : button.textContent;
      });
    }
    this.#cards.set(item.key, held);
    return held;
  }

  async #do(name, item) {
    try {
      await this.#acts[name](item);
      return true;
    } catch (error) {
      this.#acts.trouble(error);
      return false;
    }
  }
}

function part(card, name) {
  return card.querySelector(`[data-part="${name}"]`);
}

function fill(card, item) {
  card.dataset.state = item.state;
  const words = { name: item.name, facts: item.facts, state: item.words, duration: item.duration ?? "" };
  for (const [name, said] of Object.entries(words)) {
    write(part(card, name), said);
  }
  part(card, "state").dataset.state = item.state;
  offer(card, item);
  const health = part(card, "health");
  const said = [...health.children].map((line) => line.textContent);
  if (said.join("\n") !== item.warnings.join("\n")) {
    health.replaceChildren(...item.warnings.map(line));
  }
}

/** Watching is offered for what can be watched; progress is shown while there is some. */
function offer(card, { playable, playbackId, progress = null }) {
  const watch = part(card, "watch");
  watch.href = `/watch/${playbackId}`;
  watch.hidden = part(card, "copy").hidden = !playable;
  const bar = part(card, "progress");
  if (bar !== null) {
    bar.hidden = progress === null;
    bar.value = progress ?? 0;
  }
}

function write(element, words) {
  if (element !== null && element.textContent !== words) {
    element.textContent = words;
  }
}

function line(words) {
  const item = document.createElement("li");
  item.textContent = words;
  return item;
}
