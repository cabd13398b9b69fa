/** What the library shows of streams and assets, as plain values: no DOM here. */

import { clock } from "./words.js";

const STATES = { live: "Live", reconnecting: "Reconnecting", ended: "Ended", idle: "Off air" };
const ASSET_STATES = { queued: "Waiting", processing: "In the making", ready: "Ready", failed: "Failed" };

export const onAir = (stream) => stream.state === "live" || stream.state === "reconnecting";

/** `{key, name, state, words, facts, warnings, playable, playbackId}` of one stream in the API's JSON. */
export function describe(stream) {
  const facts = [
    stream.latency === "standard" ? "standard latency" : "low latency",
    stream.playback === "public" ? "public" : "signed links",
    ...(stream.tracks ?? []),
  ];
  return {
    key: stream.id,
    name: stream.name || "Unnamed",
    state: stream.state,
    words: STATES[stream.state] ?? stream.state,
    facts: facts.join(" · "),
    warnings: (stream.health ?? []).map((remark) => remark.sentence ?? String(remark)),
    playable: true,
    playbackId: stream.playback_id,
  };
}

/** The same of what is on demand, with `duration`, `poster`, `publicToken`, and `progress` (0 to 1) while it is being made. */
export function describeAsset(asset) {
  const made = asset.state === "ready" || asset.state === "failed";
  return {
    key: asset.id,
    name: asset.name || "Unnamed",
    state: asset.state,
    words: stateWords(asset),
    duration: asset.duration_s ? clock(asset.duration_s) : "",
    facts: assetFacts(asset).join(" · "),
    warnings: asset.state === "failed" ? [asset.error || "It failed, and nobody noted why."] : [],
    progress: made ? null : asset.progress ?? 0,
    playable: asset.state === "ready",
    playbackId: asset.playback_id,
    poster: asset.state === "ready" && asset.poster === true,
    publicToken: publicToken(asset),
  };
}

function stateWords({ state, progress }) {
  const words = ASSET_STATES[state] ?? state;
  return state === "processing" && progress > 0 ? `${words}, ${Math.floor(progress * 100)} %` : words;
}

function assetFacts({ broadcast_id: broadcast, created_at: created, playback, expires_at: expires }) {
  return [
    broadcast ? "recording" : "film",
    new Date(created * 1000).toLocaleString(),
    playback === "public" ? "public" : "signed links",
    expires ? `kept until ${new Date(expires * 1000).toLocaleDateString()}` : "kept",
  ];
}

/** What is public needs no token of its own: its address has one. */
function publicToken({ urls }) {
  return /\/play\/([\w.-]+)\//.exec(urls?.hls ?? "")?.[1] ?? null;
}

/** Those whose names have every word that is looked for, in any order. */
export function search(items, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter(({ name }) => wanted.every((word) => name.toLowerCase().includes(word)));
}

/** Newest first, whatever the order in which pages came. */
export const newestFirst = (assets) => [...assets].sort((a, b) => b.created_at - a.created_at);

/** Merge pages: the newest word about each stream, in the order in which they were first seen. */
export function merge(known, page) {
  const all = new Map(known.map((stream) => [stream.id, stream]));
  for (const stream of page) {
    all.set(stream.id, stream);
  }
  return [...all.values()];
}
