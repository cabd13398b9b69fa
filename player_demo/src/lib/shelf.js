/** What the library shows of a stream, as plain values: no DOM here. */

const STATES = { live: "Live", reconnecting: "Reconnecting", ended: "Ended", idle: "Off air" };

export const onAir = (stream) => stream.state === "live" || stream.state === "reconnecting";

/** `{key, name, state, words, facts, warnings, playbackId}` of one stream in the API's JSON. */
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
    playbackId: stream.playback_id,
  };
}

const clock = (seconds) => {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)];
  const padded = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
};

export const playable = (asset) => asset.state === "ready";

/** The same of a recording that is ready: how long it is stands where a stream's state does. */
export function describeAsset(asset) {
  const kept = asset.expires_at ? `kept until ${new Date(asset.expires_at * 1000).toLocaleDateString()}` : "kept";
  const facts = [
    new Date(asset.created_at * 1000).toLocaleString(),
    asset.playback === "public" ? "public" : "signed links",
    kept,
  ];
  return {
    key: asset.id,
    name: asset.name || "Unnamed",
    state: "idle",
    words: clock(asset.duration_s ?? 0),
    facts: facts.join(" · "),
    warnings: [],
    playbackId: asset.playback_id,
  };
}

/** Merge pages: the newest word about each stream, in the order in which they were first seen. */
export function merge(known, page) {
  const all = new Map(known.map((stream) => [stream.id, stream]));
  for (const stream of page) {
    all.set(stream.id, stream);
  }
  return [...all.values()];
}
