/**
 * Where the stream is, from the page's own address: `/watch/<playback_id>#t=<token>`. Who is signed in may leave the
 * token out, see `entrance.js`.
 *
 * The token stands in the fragment, which browsers never send: it reaches no log and no Referer header of this page.
 */

const PLAYBACK_ID = /^\/watch\/(pb_[A-Za-z0-9_-]+)\/?$/;
const TOKEN = /^[A-Za-z0-9._-]+$/;

export const NO_TOKEN = "This link has no token, or lost a piece of it on the way. Ask for a new one.";

/** `{playbackId, token, playlist}`, both null where there is no token; or `{fault}` with a sentence for the viewer. */
export function readAddress({ pathname, hash }) {
  const playbackId = PLAYBACK_ID.exec(pathname)?.[1];
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("t") ?? "";
  if (!playbackId) {
    return { fault: "This address names no stream. Ask for a new link." };
  }
  if (token === "") {
    return { playbackId, token: null, playlist: null };
  }
  if (!TOKEN.test(token)) {
    return { fault: NO_TOKEN };
  }
  return { playbackId, token, playlist: playlistOf(playbackId, token) };
}

/** What the player opens. */
export function playlistOf(playbackId, token) {
  return `/play/${token}/${playbackId}/index.m3u8`;
}

/** The page's address for a token: what the library links to. */
export function watchLink(playbackId, token) {
  return `/watch/${playbackId}#t=${token}`;
}
