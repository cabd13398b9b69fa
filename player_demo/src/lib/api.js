/** The control API as the signed-in pages use it: same origin, the session cookie does the rest. */

/** An answer that was a problem document (RFC 9457): its sentence is meant for people. */
export class ApiError extends Error {
  constructor(status, { code = "", detail = "", title = "" } = {}) {
    super(detail || title || `The server answered ${status}.`);
    this.status = status;
    this.code = code;
  }
}

async function call(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-store", ...options });
  if (!answer.ok) {
    throw new ApiError(answer.status, await answer.json().catch(() => ({})));
  }
  return answer.status === 204 ? null : answer.json();
}

const page = (path, cursor) => call(`${path}?limit=100${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`);

/** One page of streams: `{items, next_cursor}`. */
export function listStreams(cursor = null) {
  return page("/v1/streams", cursor);
}

/** Streams on the air, however many others are newer: `{items, next_cursor}`. */
export function listOnAir() {
  return call("/v1/streams?on_air=true&limit=100");
}

/** One page of what is on demand, newest first: `{items, next_cursor}`. */
export function listAssets(cursor = null) {
  return page("/v1/assets", cursor);
}

export function deleteAsset(id) {
  return call(`/v1/assets/${encodeURIComponent(id)}`, { method: "DELETE" });
}

/** A play token for a stream, or a recording, that the session may see. */
export function mintToken(playbackId) {
  return call("/v1/tokens", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ scope: "play", playback_id: playbackId }),
  });
}
