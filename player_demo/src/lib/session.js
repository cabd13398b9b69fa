/**
 * One viewing of one broadcast or film: a player, the steering, and what can be said about both.
 *
 * `following` means that the viewer wants to be at the live edge; going back or pausing ends it, the live button
 * begins it again. Only a following session is steered. A film (what is on demand) has no edge and is never followed: it
 * is played at the speed that the viewer likes.
 */

import { ahead, spans } from "./buffered.js";
import { Ending } from "./ending.js";
import { Hunger } from "./hunger.js";
import { Steering } from "./steering.js";

/** Steering beats: often enough to see a buffer just before an append, four times within the shortest part. */
const BEAT_MS = 50;
/** `readyState` from which on there is more than the picture that is shown. */
const HAVE_FUTURE_DATA = 3;
/** What hls.js calls its way to the first picture where another part of it is quicker than the one that should. */
const FIRST_SEEK = "bufferSeekOverHole";
/** Faults remembered for the read-out. */
const MOST_FAULTS = 100;
/** A seek to the end of a film goes so far before it, to be shown its last picture. */
const LAST_PICTURE_S = 0.05;
/** In place of a part: a film that stands still for one and a half of this is asked about. Seconds. */
const FILM_PATIENCE_S = 1;

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
  #ending = new Ending();
  #finished = false;

  /**
   * `on`: `ended()`, `resumed()` (a film that had ended), `lost()`, `starved()`, `fed()` (see hunger.js); `faults` is the
   * page's list, kept over sessions. `at` and `rate`: where a film begins, or null, and its speed.
   */
  constructor({ video, Player, playlist, clock, faults, on, at = null, rate = 1 }) {
    this.#video = video;
    this.rate = rate;
    this.#clock = clock;
    this.#on = on;
    this.#faults = faults;
    this.following = true;
    this.started = false;
    this.stalls = 0;
    this.#player = new Player(video, playlist, {
      appending: () => this.#observe(),
      fault: (fault) => this.#fault(fault),
      lost: on.lost,
    }, { at });
    this.#listen();
    this.#beat = setInterval(() => this.#steer(), BEAT_MS);
    video.play().catch(() => undefined);
  }

  #listen() {
    const { signal } = this.#listening;
    const listen = (name, act) => this.#video.addEventListener(name, act, { signal });
    listen("playing", () => { this.started = true; });
    listen("ended", () => this.#end());
    for (const name of ["play", "seeking"]) {
      listen(name, () => this.#resume());
    }
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
    const counts = this.started && (this.following || this.film) && !this.#video.seeking && !this.#video.paused;
    if (counts) {
      this.stalls += 1;
      this.#steering?.stalled(now());
    }
  }

  /** Whether there is anything to play, and since when not. */
  #feel({ edge, part, over, film }) {
    const { paused, seeking, ended, currentTime, readyState } = this.#video;
    // Live a seek is no drought, but a picture that stands is not fed by one either: hls.js shakes it.
    const wanting = film ? !ended && !this.#finished : !over && (!seeking || this.#dry);
    const dry = this.started && !paused && readyState < HAVE_FUTURE_DATA && wanting;
    if (dry && !this.#dry) {
      this.#stallsBefore = this.stalls;
    }
    // What grows of a film is what was seen of it.
    const grown = film ? { edge: currentTime, part: FILM_PATIENCE_S } : { edge, part };
    const change = this.#hunger.observe({ now: now(), ...grown, dry });
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

  /** True for what is on demand; not known before the player has read about it. */
  get film() {
    return this.#player.facts().film;
  }

  /** Seconds that can be played without another byte. */
  get buffer() {
    return ahead(this.#video.buffered, this.#video.currentTime);
  }

  #observe() {
    if (this.started && !this.#video.seeking && !this.#video.paused) {
      this.#steering?.observe({ now: now(), end: this.#video.currentTime + this.buffer });
    }
  }

  #end() {
    this.#finished = this.film;
    if (this.#finished) {
      this.#video.pause();
    }
    this.#on.ended();
  }

  #resume() {
    if (this.#finished) {
      this.#finished = false;
      this.#on.resumed();
    }
  }

  #steer() {
    const facts = this.#player.facts();
    const { holdBack, part, over, film } = facts;
    const { currentTime: position, paused } = this.#video;
    if (this.#ending.observe({ ...facts, now: now(), position, paused })) {
      this.#end();
    }
    this.#feel(facts);
    if (facts.gone && (this.#dry || !this.started)) {
      this.#on.lost();
      return;
    }
    if (over || film) {
      this.following = false;
      this.#setRate(film ? this.rate : 1);
    }
    if (over || film || holdBack === null) {
      return;
    }
    this.#steering ??= new Steering({ holdBack, part });
    Object.assign(this.#steering, { holdBack, part });
    this.#observe();
    this.#apply();
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

  /** Look at another place; `place` in seconds of the media timeline. */
  goBack(place) {
    const { start, edge, film } = this.#player.facts();
    if (start === null || edge === null) {
      return;
    }
    const again = this.#finished;
    this.following = false;
    // Live the oldest segment is about to go; a film has no picture at its very end.
    const [least, most] = film ? [start, edge - LAST_PICTURE_S] : [start + 1, edge];
    this.#video.currentTime = Math.min(Math.max(place, least), most);
    if (again) {
      this.play();
    }
  }

  /** What has ended begins again. */
  play() {
    if (this.#finished) {
      this.#video.currentTime = 0;
    }
    return this.#video.play().catch(() => undefined);
  }

  /** Another sound track, by its id in the reading. */
  choose(track) {
    this.#player.choose(track);
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
      delay: facts.delay ?? (facts.date === null || facts.over ? null : (this.#clock.now() - facts.date) / 1000),
      behind: facts.edge === null ? null : facts.edge - position,
      buffer: this.buffer,
      buffered: spans(this.#video.buffered),
      tracks: this.#player.tracks(),
      dry: this.#dry,
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
