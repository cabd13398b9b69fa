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
  return answer.json();
}

/** One page of streams: `{items, next_cursor}`. */
export function listStreams(cursor = null) {
  return call(`/v1/streams${cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`}`);
}

/** Streams on the air, however many others are newer: `{items, next_cursor}`. */
export function listOnAir() {
  return call("/v1/streams?on_air=true&limit=100");
}

/** The newest recordings, one page: `{items, next_cursor}`. */
export function listAssets() {
  return call("/v1/assets");
}

/** A play token for a stream, or a recording, that the session may see. */
export function mintToken(playbackId) {
  return call("/v1/tokens", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ scope: "play", playback_id: playbackId }),
  });
}
