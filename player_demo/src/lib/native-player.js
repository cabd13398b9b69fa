/** Playing by the browser's own HLS (where there is no Media Source): it keeps to the live edge by itself. */

export class NativePlayer {
  #video;
  #listening = new AbortController();

  static supported(video) {
    return video.canPlayType("application/vnd.apple.mpegurl") !== "";
  }

  constructor(video, playlist, on, { at }) {
    this.#video = video;
    video.addEventListener("error", () => {
      on.fault({ type: "native", details: `media error ${video.error?.code ?? "?"}`, fatal: true, at: Date.now() });
      on.lost();
    }, { signal: this.#listening.signal });
    video.addEventListener("loadedmetadata", () => {
      if (at !== null && Number.isFinite(video.duration)) {
        video.currentTime = at;
      }
    }, { once: true, signal: this.#listening.signal });
    video.src = playlist;
  }

  facts() {
    const video = this.#video;
    const ranges = video.seekable;
    const started = video.getStartDate?.().getTime();
    return {
      engine: "native",
      holdBack: null,
      part: null,
      start: ranges.length ? ranges.start(0) : null,
      edge: ranges.length ? ranges.end(ranges.length - 1) : null,
      over: false, // the element itself tells of the end
      film: Number.isFinite(video.duration),
      date: Number.isFinite(started) ? started + video.currentTime * 1000 : null,
      rung: { width: video.videoWidth, height: video.videoHeight },
    };
  }

  /** Browsers with an HLS player of their own tell of its tracks (HTML, AudioTrackList); others have none here. */
  tracks() {
    return [...(this.#video.audioTracks ?? [])].map(({ label, language, enabled }, id) => {
      return { id, name: label, language, channels: 0, active: enabled };
    });
  }

  choose(id) {
    [...(this.#video.audioTracks ?? [])].forEach((track, index) => { track.enabled = index === id; });
  }

  seekLive() {
    const { edge } = this.facts();
    if (edge === null || !Number.isFinite(edge)) {
      return false;
    }
    this.#video.currentTime = edge;
    return true;
  }

  destroy() {
    this.#listening.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}
