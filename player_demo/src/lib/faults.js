/** What went wrong, in words for who watches; and when to stop trying. */

/** Three failures within half a minute are no accident: the fourth try would end as they did. */
const MOST = 3;
const WITHIN_S = 30;

const UNKNOWN_CODECS = "This browser cannot decode it. Another one may; the numbers below name its codecs.";
const DAMAGED = "A piece of it is damaged, or of a kind that this browser does not know.";
const GONE = "A piece of it cannot be had from the server.";
const NEITHER = "This browser can neither load nor decode it.";
/** Details of hls.js, of dash.js (by number) and of the video element → a sentence. */
const SENTENCES = [
  [/manifestIncompatibleCodecs|bufferAddCodec|bufferIncompatibleCodecs|^(23|35)\b/i, UNKNOWN_CODECS],
  // Of a source that it cannot use the video element does not tell why.
  [/media error 4/i, NEITHER],
  [/append|parsing|demux|media error 3|^(10|20|31|32|34)\b/i, DAMAGED],
  [/load|timeout|media error 2|^(1[125-9]|2[5-9])\b/i, GONE],
];

export function faultWords(details) {
  const found = SENTENCES.find(([pattern]) => pattern.test(details));
  return found ? found[1] : `The player gave up (${details || "it did not say why"}).`;
}

/** True where no other try can help: the browser said that it cannot decode what this is. */
export const hopeless = (details) => faultWords(details) === UNKNOWN_CODECS;

/** Counts how often a player gave up; times are seconds, and arguments. */
export class Losses {
  #times = [];

  /** Note one; true when it is one too many. */
  note(now) {
    this.#times = [...this.#times.filter((time) => now - time < WITHIN_S), now].slice(-MOST);
    return this.#times.length === MOST;
  }
}
