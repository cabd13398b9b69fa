/** Which player plays: hls.js unless somebody chose dash.js, by the address for this once, or by the menu from now on. */

export const HLS = "hls";
export const DASH = "dash";
const KNOWN = new Set([HLS, DASH]);

/** From the page's address (`?player=dash`, or `&player=dash` behind the token), else from what the browser remembers. */
export function chosenPlayer({ search, hash }, remembered) {
  const asked = [search.replace(/^\?/, ""), hash.replace(/^#/, "")].map((part) => new URLSearchParams(part).get("player"));
  return [...asked, remembered].find((name) => KNOWN.has(name)) ?? HLS;
}
