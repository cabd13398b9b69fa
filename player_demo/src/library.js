/** `/`: what is live, what was recorded, what else there is, and a watch link for each, minted when it is wanted. */

import "./style/library.css";
import { watchLink } from "./lib/address.js";
import { listAssets, listOnAir, listStreams, mintToken } from "./lib/api.js";
import { pause } from "./lib/backoff.js";
import { Cards } from "./lib/cards.js";
import { describe, describeAsset, onAir, playable } from "./lib/shelf.js";

/** A change of state is seen within this time; a page in the background does not ask. */
const AGAIN_MS = 3000;
/** Pages of the list that are read each time; beyond them one asks by hand. */
const MOST_PAGES = 20;

const byId = (id) => document.getElementById(id);

async function link(stream) {
  const { token } = await mintToken(stream.playbackId);
  return new URL(watchLink(stream.playbackId, token), location.href).href;
}

/** Browsers lend the clipboard to secure pages only (HTTPS, or this very machine); elsewhere people copy by hand. */
function copy(text) {
  return navigator.clipboard ? navigator.clipboard.writeText(text) : window.prompt("The link:", text);
}

const acts = {
  watch: async (stream) => { location.href = await link(stream); },
  copy: async (stream) => copy(await link(stream)),
  trouble: (error) => showTrouble(error),
};
const live = new Cards(byId("live"), byId("card"), acts);
const all = new Cards(byId("all"), byId("card"), acts);
const recordings = new Cards(byId("recordings"), byId("card"), acts);
let wanted = 1;

async function read() {
  const streams = (await listOnAir()).items;
  const onAirIds = new Set(streams.map(({ id }) => id));
  let cursor = null;
  for (let page = 0; page < wanted; page += 1) {
    const answer = await listStreams(cursor);
    streams.push(...answer.items.filter(({ id }) => !onAirIds.has(id)));
    cursor = answer.next_cursor;
    if (cursor === null) {
      break;
    }
  }
  const assets = (await listAssets()).items.filter(playable);
  return { streams, assets, more: cursor !== null && wanted < MOST_PAGES };
}

function show({ streams, assets, more }) {
  const shown = streams.map(describe);
  const now = shown.filter(onAir);
  const rest = shown.filter((stream) => !onAir(stream));
  live.show(now);
  all.show(rest);
  recordings.show(assets.map(describeAsset));
  byId("recorded").hidden = assets.length === 0;
  byId("looking").hidden = true;
  byId("live-empty").hidden = now.length > 0 || shown.length === 0;
  byId("none").hidden = shown.length > 0;
  // No heading over nothing: where everything is on the air, that is all there is to show.
  byId("rest").hidden = rest.length === 0;
  byId("more").hidden = !more;
  byId("trouble").hidden = true;
}

function showTrouble(error) {
  if (error.status === 401) {
    location.reload();
    return;
  }
  byId("trouble").textContent = error.status ? error.message : "The server does not answer. Trying again …";
  byId("trouble").hidden = false;
}

byId("more").addEventListener("click", () => { wanted += 1; });

for (;;) {
  if (document.visibilityState === "visible") {
    await read().then(show, showTrouble);
  }
  await pause(AGAIN_MS);
}
