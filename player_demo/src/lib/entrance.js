/** The way in for who comes without a token: a session of the tenant that owns the stream gets one from the API. */

import { NO_TOKEN, playlistOf } from "./address.js";
import { mintToken } from "./api.js";

/** Answers that will be the same the next time: no session, another tenant's, no such stream. */
const STRANGER = new Set([400, 401, 403, 404]);

/** `{playlist}`, or what `probe` gives: verdict `refused`, with the sentence for strangers, or `failed`. */
export async function enter(playbackId, mint = mintToken) {
  try {
    const { token } = await mint(playbackId);
    return { playlist: playlistOf(playbackId, token) };
  } catch ({ status, code = "", message }) {
    if (STRANGER.has(status)) {
      return { verdict: "refused", code: "", sentence: NO_TOKEN };
    }
    return { verdict: "failed", code, sentence: status ? message : "The server does not answer. Trying again …" };
  }
}
