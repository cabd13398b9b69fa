/** What `?` shows: the keys of this page. */

import { HELP } from "./keys.js";

export function showHelp(dialog, list, film) {
  if (dialog.open) {
    dialog.close();
    return;
  }
  list.replaceChildren(...HELP[film ? "film" : "live"].flatMap(([keys, words]) => [term(keys), told(words)]));
  dialog.showModal();
}

function term(keys) {
  const item = document.createElement("dt");
  item.append(...keys.map((key) => {
    const cap = document.createElement(key === "…" ? "span" : "kbd");
    cap.textContent = key;
    return cap;
  }));
  return item;
}

function told(words) {
  const item = document.createElement("dd");
  item.textContent = words;
  return item;
}
