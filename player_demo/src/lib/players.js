/** The players that there are, by the name under which one chooses them. */

import { DASH } from "./choice.js";
import { HlsPlayer } from "./hls-player.js";
import { NativePlayer } from "./native-player.js";

export function canPlay(video) {
  return HlsPlayer.supported() || NativePlayer.supported(video);
}

/** dash.js needs Media Source, as hls.js does; without it there is the browser's own player only. */
export const canChoose = () => HlsPlayer.supported();

/** The class of a player; rejects where its script cannot be had. */
export async function playerFor(name) {
  if (!canChoose()) {
    return NativePlayer;
  }
  return name === DASH ? (await import("./dash-player.js")).DashPlayer : HlsPlayer;
}
