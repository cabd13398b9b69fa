/** `/`: what is live, what is on demand, what else there is, and a watch link for each, minted when it is wanted. */

import "./style/library.css";
import { watchLink } from "./lib/address.js";
import { deleteAsset, listAssets, listOnAir, listStreams, mintToken } from "./lib/api.js";
import { pause } from "./lib/backoff.js";
import { Cards } from "./lib/cards.js";
import { Posters, Tokens } from "./lib/posters.js";
import { describe, describeAsset, newestFirst, onAir, search } from "./lib/shelf.js";

/** A change of state is seen within this time for each page of the lists; a page in the background does not ask. */
const AGAIN_MS = 3000;
/** A sentence about what went wrong stays for so long, also when the next look went well. */
const TROUBLE_MS = 6000;
/** Pages of a list that are read each time, of 100; beyond them one asks by hand. */
const MOST_PAGES = 20;

const byId = (id) => document.getElementById(id);

async function link({ playbackId, publicToken }) {
  const token = publicToken ?? (await mintToken(playbackId)).token;
  return new URL(watchLink(playbackId, token), location.href).href;
}

/** Browsers lend the clipboard to secure pages only (HTTPS, or this very machine); elsewhere people copy by hand. */
function copy(text) {
  return navigator.clipboard ? navigator.clipboard.writeText(text) : window.prompt("The link:", text);
}

async function remove({ key, name }) {
  if (window.confirm(`Delete “${name}” for good? Nobody can watch it any more.`)) {
    await deleteAsset(key);
    seen.assets = seen.assets.filter((asset) => asset.id !== key);
    show();
  }
}

const acts = {
  watch: async (item) => { location.href = await link(item); },
  copy: async (item) => copy(await link(item)),
  remove,
  trouble: (error) => showTrouble(error),
};
const tokens = new Tokens(mintToken);
const live = new Cards(byId("live"), byId("card"), acts);
const all = new Cards(byId("all"), byId("card"), acts);
const films = new Cards(byId("recordings"), byId("film-card"), acts, new Posters((playbackId) => tokens.get(playbackId)));
let wanted = 1;
let troubledUntil = 0;
/** What was read last: shown again when somebody searches. */
const seen = { streams: [], assets: [], more: false };

/** The first pages of a list: `{items, more}`. Who searches, searches in all of it. */
async function readList(list) {
  const items = [];
  const most = byId("search").value.trim() ? MOST_PAGES : wanted;
  let cursor = null;
  for (let page = 0; page < most; page += 1) {
    const answer = await list(cursor);
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) {
      break;
    }
  }
  return { items, more: cursor !== null && most < MOST_PAGES };
}

async function read() {
  const [air, streams, assets] = await Promise.all([listOnAir(), readList(listStreams), readList(listAssets)]);
  const others = streams.items.filter(({ id }) => !air.items.some((stream) => stream.id === id));
  Object.assign(seen, { streams: [...air.items, ...others], assets: newestFirst(assets.items), more: streams.more || assets.more });
}

function show() {
  const words = byId("search").value;
  const streams = search(seen.streams.map(describe), words);
  const now = streams.filter(onAir);
  const rest = streams.filter((stream) => !onAir(stream));
  const demand = search(seen.assets.map(describeAsset), words);
  const found = streams.length + demand.length > 0;
  const some = seen.streams.length + seen.assets.length > 0;
  live.show(now);
  all.show(rest);
  films.show(demand);
  byId("trouble").hidden = performance.now() >= troubledUntil;
  byId("looking").hidden = true;
  // No heading over nothing: where everything is on the air, that is all there is to show.
  byId("recorded").hidden = demand.length === 0;
  byId("rest").hidden = rest.length === 0;
  byId("on-air").hidden = now.length === 0 && words.trim() !== "";
  byId("live-empty").hidden = now.length > 0 || !some;
  byId("none").hidden = some;
  byId("find").hidden = !some;
  byId("nothing").hidden = found || !some;
  byId("more").hidden = !seen.more;
}

function showTrouble(error) {
  if (error.status === 401) {
    location.reload();
    return;
  }
  byId("trouble").textContent = error.status ? error.message : "The server does not answer. Trying again …";
  byId("trouble").hidden = false;
  troubledUntil = performance.now() + TROUBLE_MS;
}

byId("more").addEventListener("click", () => { wanted += 1; });
byId("search").addEventListener("input", show);

for (;;) {
  if (document.visibilityState === "visible") {
    await read().then(show, showTrouble);
  }
  await pause(AGAIN_MS * Math.max(1, Math.ceil((seen.streams.length + seen.assets.length) / 200)));
}
