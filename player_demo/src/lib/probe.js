/** Ask the server how the stream is before a player is built, and after one gave up: players do not read problem documents. */

import { firstMedia, isOver, newestMedia } from "./playlist.js";

const REFUSED = new Set([400, 401, 403, 410]);

/**
 * `{verdict, code, sentence}`; verdicts: live, over, offline, refused, failed (worth another try).
 *
 * `deep` reads a media playlist as well, to tell a broadcast that is over from one that is on; else it counts as live.
 * The answer then has `newest` too: the last piece of media that it names, or null.
 */
export async function probe(playlist, { signal, deep = false, fetch = globalThis.fetch, base = globalThis.location?.href } = {}) {
  try {
    const answer = await fetch(playlist, { signal, cache: "no-store" });
    if (!answer.ok) {
      return judge(answer.status, await problem(answer));
    }
    const address = new URL(playlist, base).href;
    const media = firstMedia(await answer.text(), address);
    if (media === null) {
      return verdict("offline");
    }
    return deep ? await look(media, { signal, fetch }) : verdict("live");
  } catch {
    return verdict("failed", "unreachable", "The server does not answer. Trying again …");
  }
}

async function look(media, { signal, fetch }) {
  const answer = await fetch(media, { signal, cache: "no-store" });
  if (!answer.ok) {
    return judge(answer.status, await problem(answer));
  }
  const text = await answer.text();
  return { ...verdict(isOver(text) ? "over" : "live"), newest: newestMedia(text) };
}

/** From a status and a problem document (RFC 9457) to a verdict: its sentence is meant for people, so it is shown. */
export function judge(status, { code = "", detail = "", title = "" }) {
  const sentence = detail || title;
  if (code === "stream_offline") {
    return verdict("offline", code, sentence);
  }
  if (REFUSED.has(status) || status === 404) {
    return verdict("refused", code, sentence || "The server does not open this stream with this link.");
  }
  return verdict("failed", code, sentence || "The server has trouble. Trying again …");
}

async function problem(answer) {
  try {
    return (await answer.json()) ?? {};
  } catch {
    return {};
  }
}

function verdict(name, code = "", sentence = "") {
  return { verdict: name, code, sentence };
}
