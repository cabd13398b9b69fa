/** Which key does what on the watch page, as on the large video sites, so that nobody needs to learn them. No DOM here. */

/** On every page: a key by its `event.key`, the name of an action, and what the action is given. */
const BOTH = {
  " ": ["toggle"], k: ["toggle"], m: ["sound"], f: ["fullscreen"], p: ["picture"], i: ["numbers"], "?": ["help"],
  ArrowLeft: ["jump", -5], ArrowRight: ["jump", 5], ArrowUp: ["volume", 0.1], ArrowDown: ["volume", -0.1],
};
const LIVE = { ...BOTH, j: ["jump", -5], l: ["live"], Home: ["oldest"], End: ["live"] };
const FILM = {
  ...BOTH, j: ["jump", -10], l: ["jump", 10], Home: ["tenth", 0], End: ["tenth", 10],
  "<": ["faster", -1], ">": ["faster", 1], ",": ["frame", -1], ".": ["frame", 1],
};

/** `[action, value]` of a key press (a KeyboardEvent, or what looks like one), or null where it is not ours. */
export function actionFor({ key, ctrlKey, metaKey, altKey, target }, film) {
  if (ctrlKey || metaKey || altKey || keeps(target, key)) {
    return null;
  }
  if (film && /^[0-9]$/.test(key)) {
    return ["tenth", Number(key)];
  }
  const plain = key.length === 1 ? key.toLowerCase() : key;
  const table = film ? FILM : LIVE;
  return Object.hasOwn(table, plain) ? table[plain] : null;
}

const PRESSES = new Set(["BUTTON", "A", "SUMMARY"]);
const MOVES = /^(Arrow|Page|Home$|End$)/;

/** What has the focus keeps the keys that it needs itself: that is what people without a mouse go by. */
function keeps(target, key) {
  const tag = target?.tagName;
  if (PRESSES.has(tag)) {
    return key === " " || key === "Enter";
  }
  return tag === "SELECT" || tag === "TEXTAREA" || (tag === "INPUT" && (target.type !== "range" || MOVES.test(key)));
}

/** For the list that `?` shows: keys, and what they do. */
export const HELP = {
  film: [
    [["Space", "K"], "play, pause"], [["←", "→"], "5 seconds back, on"], [["J", "L"], "10 seconds back, on"],
    [[",", "."], "one frame back, on, while paused"], [["0", "…", "9"], "to so many tenths"], [["Home", "End"], "to the beginning, the end"],
    [["<", ">"], "slower, faster"], [["↑", "↓"], "louder, quieter"], [["M"], "sound on, off"], [["F"], "full screen"],
    [["P"], "picture in picture"], [["I"], "numbers"], [["?"], "this list"],
  ],
  live: [
    [["Space", "K"], "play, pause"], [["←", "→"], "5 seconds back, on"], [["L", "End"], "to the live edge"], [["Home"], "as far back as there is"],
    [["↑", "↓"], "louder, quieter"], [["M"], "sound on, off"], [["F"], "full screen"], [["P"], "picture in picture"],
    [["I"], "numbers"], [["?"], "this list"],
  ],
};
