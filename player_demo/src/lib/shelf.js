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

/** Merge pages: the newest word about each stream, in the order in which they were first seen. */
export function merge(known, page) {
  const all = new Map(known.map((stream) => [stream.id, stream]));
  for (const stream of page) {
    all.set(stream.id, stream);
  }
  return [...all.values()];
}
