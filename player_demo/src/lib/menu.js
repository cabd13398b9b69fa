/** The settings over the picture: speed, sound track, player. Plain selects, which every phone and screen reader knows. */

import { canChoose } from "./players.js";
import { SPEEDS, speedWords } from "./speeds.js";
import { trackNames } from "./tracks.js";

export class Menu {
  #parts;
  #listed = "";

  /** `parts`: button, panel, speed, sound, player; `on`: `speed(rate)`, `track(id)`, `player(name)`. */
  constructor(parts, on) {
    this.#parts = parts;
    const { button, panel, speed, sound, player } = parts;
    speed.replaceChildren(...SPEEDS.map((rate) => new Option(speedWords(rate), rate)));
    speed.addEventListener("change", () => on.speed(Number(speed.value)));
    sound.addEventListener("change", () => on.track(Number(sound.value)));
    player.addEventListener("change", () => on.player(player.value));
    button.addEventListener("click", () => this.toggle());
    document.addEventListener("keydown", (event) => this.#escape(event));
    document.addEventListener("pointerdown", ({ target }) => {
      if (!panel.contains(target) && !button.contains(target)) {
        this.toggle(false);
      }
    });
  }

  toggle(open = this.#parts.panel.hidden) {
    this.#parts.panel.hidden = !open;
    this.#parts.button.setAttribute("aria-expanded", String(open));
  }

  #escape(event) {
    if (event.key === "Escape" && !this.#parts.panel.hidden) {
      this.toggle(false);
      this.#parts.button.focus();
    }
  }

  /** Show a reading, and the name of the player that was chosen. */
  show({ engine, film, rate, tracks }, chosen) {
    const { speed, sound, player } = this.#parts;
    row(speed).hidden = !film;
    row(player).hidden = !canChoose() || (engine !== null && !film);
    row(sound).hidden = tracks.length < 2;
    this.#list(tracks);
    put(speed, String(rate));
    put(sound, String(tracks.find((track) => track.active)?.id ?? ""));
    put(player, chosen);
  }

  /** Options are made anew only when there are others: an open list would close. */
  #list(tracks) {
    const names = trackNames(tracks, navigator.language);
    if (names.join("\n") !== this.#listed) {
      this.#listed = names.join("\n");
      this.#parts.sound.replaceChildren(...names.map((name, i) => new Option(name, tracks[i].id)));
    }
  }
}

const row = (select) => select.closest("label");

function put(select, value) {
  if (select.value !== value && document.activeElement !== select) {
    select.value = value;
  }
}
