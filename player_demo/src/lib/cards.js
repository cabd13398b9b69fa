/** A list of stream cards that is updated in place, so that focus and scrolling stay where they are. */

export class Cards {
  #list;
  #template;
  #acts;
  #cards = new Map();

  /** `acts`: async `watch(stream)`, async `copy(stream)`, `trouble(error)`. */
  constructor(list, template, acts) {
    this.#list = list;
    this.#template = template;
    this.#acts = acts;
  }

  show(streams) {
    const wanted = new Set(streams.map((stream) => stream.key));
    for (const [key, card] of this.#cards) {
      if (!wanted.has(key)) {
        card.remove();
        this.#cards.delete(key);
      }
    }
    for (const stream of streams) {
      fill(this.#cards.get(stream.key) ?? this.#add(stream), stream);
    }
  }

  #add(stream) {
    const card = this.#template.content.firstElementChild.cloneNode(true);
    const [watch, copy] = [part(card, "watch"), part(card, "copy")];
    watch.href = `/watch/${stream.playbackId}`;
    watch.addEventListener("click", (event) => { event.preventDefault(); this.#do("watch", stream); });
    copy.addEventListener("click", async () => {
      copy.textContent = (await this.#do("copy", stream)) ? "Copied" : "Not copied";
    });
    this.#cards.set(stream.key, card);
    this.#list.append(card);
    return card;
  }

  async #do(name, stream) {
    try {
      await this.#acts[name](stream);
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

function fill(card, stream) {
  card.dataset.state = stream.state;
  part(card, "name").textContent = stream.name;
  part(card, "facts").textContent = stream.facts;
  const state = part(card, "state");
  state.textContent = stream.words;
  state.dataset.state = stream.state;
  const health = part(card, "health");
  const said = [...health.children].map((line) => line.textContent);
  if (said.join("\n") !== stream.warnings.join("\n")) {
    health.replaceChildren(...stream.warnings.map(line));
  }
}

function line(words) {
  const item = document.createElement("li");
  item.textContent = words;
  return item;
}
