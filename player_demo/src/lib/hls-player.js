/** Playing by Media Source Extensions: hls.js, told to leave the speed to us. */

import Hls from "hls.js";

/**
 * A server that starts again refuses connections for some seconds. hls.js tells that from an answer by status 0, and would
 * give up at once; what the server did answer (403, 404) it still believes.
 */
const PATIENT = {
  maxNumRetry: 40,
  retryDelayMs: 500,
  maxRetryDelayMs: 2_000,
  shouldRetry: (policy, count, _isTimeout, answer, retry) => retry || (answer?.code === 0 && count < policy.maxNumRetry),
};
/** Answers that a piece is not there, before it counts as gone. hls.js would ask forty times. */
const REFUSALS = 3;
const patiently = (policy) => ({ default: { ...policy.default, errorRetry: PATIENT } });

/** Same shape as `native-player.js` and `dash-player.js`: facts, tracks, choose, seekLive, destroy; events by callbacks. */
export class HlsPlayer {
  #hls;
  #video;
  #mendedAt = -Infinity;
  #refusals = 0;

  static supported() {
    return Hls.isSupported();
  }

  /** `on`: `appending()`, `fault({type, details, fatal, at})`, `lost()`; `at`: where a film begins, seconds, or null. */
  constructor(video, playlist, on, { at }) {
    this.#video = video;
    this.#hls = new Hls({
      lowLatencyMode: true,
      // hls.js would speed up only while more than a second is buffered; see steering.js.
      maxLiveSyncPlaybackRate: 1,
      // Fragmented MP4 passes through untouched: a worker would have nothing to do, and wants a looser CSP.
      enableWorker: false,
      // A DVR seek fetches again what is older; a phone's memory is worth more than that.
      backBufferLength: 30,
      startPosition: at ?? -1,
      maxBufferLength: 30,
      liveDurationInfinity: true,
      // No captions come yet, so nothing to parse for on every sample.
      enableCEA708Captions: false,
      playlistLoadPolicy: patiently(Hls.DefaultConfig.playlistLoadPolicy),
      fragLoadPolicy: patiently(Hls.DefaultConfig.fragLoadPolicy),
    });
    this.#hls.on(Hls.Events.BUFFER_APPENDING, () => on.appending());
    this.#hls.on(Hls.Events.ERROR, (_, data) => this.#fault(data, on));
    this.#hls.on(Hls.Events.FRAG_LOADED, () => { this.#refusals = 0; });
    this.#hls.loadSource(playlist);
    this.#hls.attachMedia(video);
  }

  #fault(data, on) {
    if (data.details === Hls.ErrorDetails.INTERNAL_ABORTED) {
      return; // its own doing, as when another sound track is chosen while a piece of this one comes
    }
    on.fault({ type: data.type, details: data.details, fatal: data.fatal, at: Date.now() });
    if (!data.fatal) {
      this.#refusals += data.details === Hls.ErrorDetails.FRAG_LOAD_ERROR && data.response?.code >= 400 ? 1 : 0;
      return;
    }
    const now = performance.now();
    // One mending in ten seconds: a decoder that fails at once again will not be talked round.
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && now - this.#mendedAt > 10_000) {
      this.#mendedAt = now;
      this.#hls.recoverMediaError();
    } else {
      on.lost();
    }
  }

  /** What steering and read-outs need; null for what is not known yet. Seconds on the media timeline. */
  facts() {
    const details = this.#hls.latestLevelDetails;
    return {
      engine: "hls.js",
      holdBack: details ? details.partHoldBack || details.holdBack || 3 * details.targetduration : null,
      part: details ? details.partTarget || details.targetduration : null,
      start: details?.fragmentStart ?? null,
      edge: details?.edge ?? null,
      over: details ? !details.live : false,
      film: details?.type === "VOD",
      date: this.#hls.playingDate?.getTime() ?? null,
      // What follows cannot be had; what is loaded may still be played.
      gone: details?.type === "VOD" && this.#refusals >= REFUSALS,
      rung: this.#rung(),
    };
  }

  #rung() {
    const level = this.#hls.levels[this.#hls.currentLevel];
    const { videoWidth: width, videoHeight: height } = this.#video;
    const codecs = [level?.videoCodec, level?.audioCodec].filter(Boolean).join(", ");
    return { width: level?.width || width, height: level?.height || height, bitrate: level?.bitrate, codecs, fps: level?.frameRate };
  }

  /** Sound tracks, see tracks.js. */
  tracks() {
    return this.#hls.audioTracks.map(({ name, lang, channels }, id) => ({
      id,
      name: name ?? "",
      language: lang ?? "",
      channels: Number.parseInt(channels, 10) || 0,
      active: id === this.#hls.audioTrack,
    }));
  }

  choose(id) {
    this.#hls.audioTrack = id;
  }

  /** Go to where a viewer would join; false while that is unknown. */
  seekLive() {
    const place = this.#hls.liveSyncPosition;
    if (place === null || !Number.isFinite(place)) {
      return false;
    }
    this.#video.currentTime = place;
    return true;
  }

  destroy() {
    this.#hls.destroy();
  }
}
