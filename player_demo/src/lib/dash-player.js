/** Playing DASH by dash.js, for who chose it: this file, and all that it brings, is loaded only then. */

import { MediaPlayer } from "dashjs";

/** A server that starts again refuses connections for some seconds; what lasts longer the page waits for by itself. */
const RETRIES = { MPD: 5, MediaSegment: 5, InitializationSegment: 5 };
const RETRY_MS = { MPD: 1_000, MediaSegment: 1_000, InitializationSegment: 1_000 };

/** Its numbers for "this segment cannot be had": what is loaded may still be played. */
const PIECES = new Set([17, 27, 28]);

const SETTINGS = {
  debug: { logLevel: 1 },
  streaming: {
    retryAttempts: RETRIES,
    retryIntervals: RETRY_MS,
    // By default it asks somebody else for the time of day where a manifest names no clock.
    utcSynchronization: { defaultTimingSource: { scheme: "urn:mpeg:dash:utc:http-xsdate:2014", value: "/time" } },
  },
};

/** A seek takes a fraction of a second. After some of them, back to where it has been, dash.js 5.2 asks for nothing. */
const SEEK_MS = 2_000;
const NUDGE_S = 0.005;

/** Its distance to the live edge it keeps by itself, so there is no hold-back to steer by. */
const UNKNOWN = { engine: "dash.js", holdBack: null, part: null, start: null, edge: null, over: false, film: false, date: null, rung: {} };

/** Same shape as `hls-player.js`. */
export class DashPlayer {
  #dash = MediaPlayer().create();
  #video;
  #film = null;
  #farewell;
  #gone = false;
  #seek;

  constructor(video, playlist, on, { at }) {
    this.#video = video;
    this.#dash.updateSettings(SETTINGS);
    // What it reports here it has tried again in vain, and it stops.
    const tell = (details, fatal = false) => on.fault({ type: "dash.js", details, fatal, at: Date.now() });
    const fail = (details) => {
      tell(details, true);
      // Later, for it cannot be taken apart while it speaks.
      this.#farewell = setTimeout(on.lost);
    };
    this.#dash.on("error", ({ error }) => {
      this.#gone = PIECES.has(error?.code);
      const details = `${error?.code ?? "?"} ${error?.message ?? error}`;
      (this.#gone ? tell : fail)(details);
    });
    this.#dash.on("fragmentLoadingCompleted", ({ error }) => { this.#gone &&= Boolean(error); });
    this.#dash.on("playbackError", ({ error }) => fail(`media error ${error?.code ?? "?"}`));
    video.addEventListener("seeking", this.#watchSeek);
    this.#dash.initialize(video, playlist.replace(/index\.m3u8$/, "manifest.mpd"), true, at ?? undefined);
  }

  /** Seeks once more where a seek does not end, which makes it look again. */
  #watchSeek = () => {
    clearTimeout(this.#seek);
    this.#seek = setTimeout(() => {
      if (this.#video.seeking) {
        this.#video.currentTime += NUDGE_S;
      }
    }, SEEK_MS);
  };

  /** Seconds on the media timeline. */
  facts() {
    const known = this.#dash.isReady() && this.#dash.getActiveStream() !== null;
    if (!known) {
      return { ...UNKNOWN };
    }
    const live = this.#dash.isDynamic();
    // A broadcast that has just ended is static as well, and counts from the time of day.
    this.#film ??= !live && !this.#dash.getManifest()?.availabilityStartTime;
    return { ...UNKNOWN, over: !live, film: this.#film, gone: this.#gone, ...this.#window(live), rung: this.#rung() };
  }

  #window(live) {
    const { duration, seekable } = this.#video;
    if (!live) {
      const start = this.#film || seekable.length === 0 ? 0 : seekable.start(0);
      return { start, edge: Number.isFinite(duration) ? duration : null };
    }
    const { start, end } = this.#dash.getDvrWindow() ?? {};
    const delay = this.#dash.getCurrentLiveLatency();
    return { start: start ?? null, edge: end ?? null, delay: Number.isFinite(delay) ? delay : null };
  }

  #rung() {
    const [video, audio] = ["video", "audio"].map((kind) => this.#dash.getCurrentRepresentationForType(kind));
    const { videoWidth: width, videoHeight: height } = this.#video;
    const codecs = [video, audio].map((each) => each?.codecs).filter(Boolean).join(", ");
    const bitrate = ((video?.bitrateInKbit ?? 0) + (audio?.bitrateInKbit ?? 0)) * 1000;
    return { width: video?.width || width, height: video?.height || height, bitrate, codecs, fps: video?.frameRate };
  }

  tracks() {
    const now = this.#dash.isReady() ? this.#dash.getCurrentTrackFor("audio") : null;
    return this.#sounds().map((track, id) => ({
      id,
      name: track.labels?.[0]?.text ?? "",
      language: track.lang ?? "",
      channels: Number(track.audioChannelConfiguration?.[0]?.value) || 0,
      active: track.index === now?.index,
    }));
  }

  choose(id) {
    const track = this.#sounds()[id];
    if (track) {
      this.#dash.setCurrentTrack(track);
    }
  }

  #sounds() {
    return this.#dash.isReady() && this.#dash.getActiveStream() ? this.#dash.getTracksFor("audio") : [];
  }

  seekLive() {
    if (!this.#dash.isReady()) {
      return false;
    }
    this.#dash.seekToOriginalLive();
    return true;
  }

  destroy() {
    clearTimeout(this.#farewell);
    clearTimeout(this.#seek);
    this.#video.removeEventListener("seeking", this.#watchSeek);
    this.#dash.destroy();
  }
}
