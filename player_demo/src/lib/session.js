/**
 * One viewing of one broadcast: a player, the steering, and what can be said about both.
 *
 * `following` means that the viewer wants to be at the live edge; going back or pausing ends it, the live button
 * begins it again. Only a following session is steered.
 */

import { HlsPlayer } from "./hls-player.js";
import { Hunger } from "./hunger.js";
import { NativePlayer } from "./native-player.js";
import { Steering } from "./steering.js";

/** Steering beats: often enough to see a buffer just before an append, four times within the shortest part. */
const BEAT_MS = 50;
/** Standing still for so long in an ended playlist is the end: near its edge, and anywhere. Seconds. */
const END_STILL_S = 2;
const LOST_STILL_S = 10;
/** What counts as near. */
const END_NEAR_S = 1.5;
/** `readyState` from which on there is more than the picture that is shown. */
const HAVE_FUTURE_DATA = 3;
/** What hls.js calls its way to the first picture where another part of it is quicker than the one that should. */
const FIRST_SEEK = "bufferSeekOverHole";
/** Faults remembered for the read-out. */
const MOST_FAULTS = 100;

export function canPlay(video) {
  return HlsPlayer.supported() || NativePlayer.supported(video);
}

export class Session {
  #video;
  #player;
  #clock;
  #steering = null;
  #listening = new AbortController();
  #beat;
  #on;
  #faults;
  #hunger = new Hunger();
  #dry = false;
  #stallsBefore = 0;
  #stoodAt = null;
  #stoodSince = 0;

  /** `on`: `ended()`, `lost()`, `starved()`, `fed()` (see hunger.js); `faults` is the page's list, kept over sessions. */
  constructor({ video, playlist, clock, faults, on }) {
    this.#video = video;
    this.#clock = clock;
    this.#on = on;
    this.#faults = faults;
    this.following = true;
    this.started = false;
    this.stalls = 0;
    const Player = HlsPlayer.supported() ? HlsPlayer : NativePlayer;
    this.#player = new Player(video, playlist, {
      appending: () => this.#observe(),
      fault: (fault) => this.#fault(fault),
      lost: on.lost,
    });
    this.#listen();
    this.#beat = setInterval(() => this.#steer(), BEAT_MS);
    video.play().catch(() => undefined);
  }

  #listen() {
    const { signal } = this.#listening;
    const listen = (name, act) => this.#video.addEventListener(name, act, { signal });
    listen("playing", () => { this.started = true; });
    listen("ended", this.#on.ended);
    listen("waiting", () => this.#waiting());
    listen("seeked", () => this.#steering?.forget());
  }

  #fault(fault) {
    const beginning = !this.started && !fault.fatal && fault.details === FIRST_SEEK;
    if (!beginning) {
      this.#tell(this.#hunger.fault(fault));
    }
  }

  #tell(faults) {
    this.#faults.push(...faults);
    this.#faults.splice(0, this.#faults.length - MOST_FAULTS);
  }

  #waiting() {
    this.#feel(this.#player.facts());
    const atEdge = this.started && this.following && !this.#video.seeking && !this.#video.paused;
    if (atEdge) {
      this.stalls += 1;
      this.#steering?.stalled(now());
    }
  }

  /** Whether there is anything to play, and since when not. */
  #feel({ edge, part, over }) {
    const { paused, seeking, readyState } = this.#video;
    // A seek is no drought, but a picture that stands is not fed by one either: hls.js shakes it.
    const dry = this.started && !over && !paused && readyState < HAVE_FUTURE_DATA && (!seeking || this.#dry);
    if (dry && !this.#dry) {
      this.#stallsBefore = this.stalls;
    }
    const change = this.#hunger.observe({ now: now(), edge, part, dry });
    if (this.#dry && !dry) {
      this.#steering?.moving(this.#hunger);
      this.#tell(this.#hunger.release());
    }
    this.#dry = dry;
    if (change !== null) {
      this.#on[change]();
    }
  }

  /** True while nothing comes, for whatever reason. */
  get hungry() {
    return this.#hunger.hungry;
  }

  /** The broadcaster sends nothing: that is no stall, and teaches nothing about the line. */
  excuse() {
    this.#hunger.excuse();
    this.stalls = this.#stallsBefore;
  }

  /** Seconds that can be played without another byte. */
  get buffer() {
    const { buffered, currentTime } = this.#video;
    for (let i = 0; i < buffered.length; i += 1) {
      if (buffered.start(i) <= currentTime + 0.1 && currentTime < buffered.end(i)) {
        return buffered.end(i) - currentTime;
      }
    }
    return 0;
  }

  #observe() {
    if (this.started && !this.#video.seeking && !this.#video.paused) {
      this.#steering?.observe({ now: now(), end: this.#video.currentTime + this.buffer });
    }
  }

  /** The browser's `ended` stays away where sound and picture end at different times and the last bit never fills. */
  #watchEnd({ over, edge }) {
    const { currentTime, paused } = this.#video;
    if (!over || paused || currentTime !== this.#stoodAt) {
      this.#stoodAt = currentTime;
      this.#stoodSince = now();
    } else if (now() - this.#stoodSince > (edge - currentTime < END_NEAR_S ? END_STILL_S : LOST_STILL_S)) {
      this.#stoodSince = Infinity;
      this.#on.ended();
    }
  }

  #steer() {
    const { holdBack, part, over, edge } = this.#player.facts();
    this.#watchEnd({ over, edge });
    this.#feel({ edge, part, over });
    if (over) {
      this.#playOut();
    }
    if (over || holdBack === null) {
      return;
    }
    this.#steering ??= new Steering({ holdBack, part });
    Object.assign(this.#steering, { holdBack, part });
    this.#observe();
    this.#apply();
  }

  /** What is over, or was recorded, has no live edge to be near to: it is played at its own speed. */
  #playOut() {
    this.following = false;
    this.#setRate(1);
  }

  #apply() {
    if (!this.following || this.#video.paused || !this.started) {
      this.#setRate(1);
      return;
    }
    const { edge } = this.#player.facts();
    const behind = edge === null ? null : edge - this.#video.currentTime;
    if (this.#steering.lost({ now: now(), behind })) {
      this.goLive();
      return;
    }
    const { rate, jump } = this.#steering.decide({ now: now(), position: this.#video.currentTime });
    if (jump > 0) {
      this.#video.currentTime += jump;
    }
    // A picture that stands has no speed; slowing down is for a buffer that lasts.
    this.#setRate(this.#dry ? 1 : rate);
  }

  #setRate(rate) {
    if (this.#video.playbackRate !== rate) {
      this.#video.playbackRate = rate;
    }
  }

  goLive() {
    this.following = true;
    this.#player.seekLive();
    this.#steering?.forget();
    return this.#video.play().catch(() => undefined);
  }

  /** Look at an earlier place; `place` in seconds of the media timeline. */
  goBack(place) {
    const { start, edge } = this.#player.facts();
    if (start === null || edge === null) {
      return;
    }
    this.following = false;
    this.#video.currentTime = Math.min(Math.max(place, start + 1), edge);
  }

  pause() {
    this.following = false;
    this.#video.pause();
  }

  /** Everything the read-outs show; seconds, null for what is not known. */
  reading() {
    const facts = this.#player.facts();
    const position = this.#video.currentTime;
    const quality = this.#video.getVideoPlaybackQuality?.();
    return {
      ...facts,
      position,
      delay: facts.date === null || facts.over ? null : (this.#clock.now() - facts.date) / 1000,
      behind: facts.edge === null ? null : facts.edge - position,
      buffer: this.buffer,
      rate: this.#video.playbackRate,
      floor: this.#steering?.floor({ now: now(), position }) ?? null,
      target: this.#steering?.target ?? null,
      dropped: quality?.droppedVideoFrames ?? 0,
      frames: quality?.totalVideoFrames ?? 0,
      stalls: this.stalls,
      following: this.following,
      started: this.started,
    };
  }

  destroy() {
    clearInterval(this.#beat);
    this.#listening.abort();
    this.#player.destroy();
    this.#video.playbackRate = 1;
  }
}

function now() {
  return performance.now() / 1000;
}
