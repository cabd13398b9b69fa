/** The little that the page itself reads in HLS playlists; everything else is hls.js's business. */

/** The first media playlist that a multivariant playlist names, resolved against `base`; null when it names none. */
export function firstMedia(text, base) {
  const line = text.split("\n").map((item) => item.trim()).find((item) => item !== "" && !item.startsWith("#"));
  return line === undefined ? null : new URL(line, base).href;
}

/** The last part or segment that a media playlist names, as it names it; null when there is none yet. */
export function newestMedia(text) {
  const named = [...text.matchAll(/^(?:#EXT-X-PART:.*?URI="([^"]*)"|([^#\s].*?)\s*$)/gm)];
  const last = named.at(-1);
  return last ? last[1] ?? last[2] : null;
}

/** True when nothing will be added any more (RFC 8216bis, 4.4.3.4). */
export function isOver(text) {
  return /^#EXT-X-ENDLIST\s*$/m.test(text);
}
