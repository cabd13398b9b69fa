/**
 * Steering towards the live edge by playback speed.
 *
 * What is held constant is the *floor*: the forward buffer in the moment before the next part arrives, which is all that
 * stands between the viewer and a stall. It contains the network's delay and jitter by itself, needs no clock in common
 * with the server, and does not swing with each part as the plain buffer does. At the server's PART-HOLD-BACK the floor
 * is hold-back minus one part, so the target follows what the playlist asks for (RFC 8216bis, 4.4.3.8).
 *
 * Every append is remembered as (end of buffer - time of day), so the speed we play at while measuring does not enter
 * the measurement: the loop has no lag of its own and cannot hunt. Times are seconds, and arguments.
 */

/** How long an append is remembered: ten parts of 0.2 s, enough to see ordinary jitter, short enough to forget a hiccup. */
export const WINDOW_S = 2;
/** At most this many samples in the window (20 a second and some appends, doubled). */
const MAX_SAMPLES = 128;
/** Correct from here on (a beat of measuring is 0.05 s, so less than that is noise) … */
const WAKE_S = 0.1;
/** … until this close: two thresholds, so that noise at one of them cannot switch the speed to and fro. */
const REST_S = 0.03;
/** Speed per second of error: half of an error is gone after 1.4 s. */
const GAIN = 0.5;
/** Faster is audible as chipmunks, slower as a drunk; time stretching hides anything between. */
export const FASTEST = 1.2;
export const SLOWEST = 0.88;
/** Below this floor one late packet is a stall, whatever the playlist promises. */
const LEAST_FLOOR_S = 0.15;
/** Further behind than this, or than one target duration, is jumped: catching up would take a quarter of a minute. */
const JUMP_S = 3;
/** Behind the playlist's edge by the hold-back and this much more, buffering has failed: the way back is a seek, … */
const LOST_S = 8;
/** … which is given this long to work before the next one. */
const SEEK_PAUSE_S = 5;
/** A stall tells that the floor was too low: first step, and the most that stalls may add. */
const RELAX_STEP_S = 0.25;
const MOST_RELAXED_S = 3;
/** A relaxed target comes back by such steps after a clean while, which doubles with every stall up to ten minutes. */
const TIGHTEN_STEP_S = 0.05;
const CLEAN_S = 20;
const LONGEST_CLEAN_S = 600;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export class Steering {
  #samples = [];
  #steering = false;
  #relaxed = 0;
  #clean = CLEAN_S;
  #tightenAt = Infinity;
  #seekAgain = -Infinity;
  #beforeStall = null;

  constructor({ holdBack, part }) {
    this.holdBack = holdBack;
    this.part = part;
  }

  /** The floor that is aimed at, in seconds. */
  get target() {
    return Math.max(this.holdBack - this.part, LEAST_FLOOR_S) + this.#relaxed;
  }

  /** Note how far the buffer reaches; best called just before an append and in between. */
  observe({ now, end }) {
    this.#samples = this.#samples.filter((sample) => now - sample.now <= WINDOW_S).slice(1 - MAX_SAMPLES);
    this.#samples.push({ now, lead: end - now });
  }

  /** The least forward buffer to be expected at this position, or null before anything was observed. */
  floor({ now, position }) {
    if (this.#samples.length === 0) {
      return null;
    }
    return Math.min(...this.#samples.map((sample) => sample.lead)) + now - position;
  }

  /** The picture stood still for want of data. */
  stalled(now) {
    this.#beforeStall ??= this.#lesson();
    this.#relaxed = Math.min(this.#relaxed + RELAX_STEP_S, MOST_RELAXED_S);
    this.#tightenAt = now + this.#clean;
    this.#clean = Math.min(this.#clean * 2, LONGEST_CLEAN_S);
    this.forget();
  }

  /** The picture moves again. `excused`: the line was not to blame, so nothing is learnt from stalls since it stood. */
  moving({ excused }) {
    if (excused) {
      ({ relaxed: this.#relaxed, clean: this.#clean, tightenAt: this.#tightenAt } = this.#beforeStall ?? this.#lesson());
      this.forget();
    }
    this.#beforeStall = null;
  }

  /** The timeline was changed (a seek, a new broadcast): old samples mean nothing. */
  forget() {
    this.#samples = [];
    this.#steering = false;
  }

  /** Whether to seek to the live edge now; `behind` in seconds, or null where the edge is not known. */
  lost({ now, behind }) {
    if (behind === null || behind < this.holdBack + LOST_S || now < this.#seekAgain) {
      return false;
    }
    this.#seekAgain = now + SEEK_PAUSE_S;
    return true;
  }

  /** What to do now: a playback rate, and seconds to jump ahead (0 nearly always). */
  decide({ now, position }) {
    this.#tighten(now);
    const floor = this.floor({ now, position });
    if (floor === null) {
      return { rate: 1, jump: 0 };
    }
    const error = floor - this.target;
    if (error > Math.max(JUMP_S, this.part)) {
      this.forget();
      return { rate: 1, jump: error };
    }
    this.#steering = Math.abs(error) > (this.#steering ? REST_S : WAKE_S) && !this.#plenty({ now, position });
    return { rate: this.#steering ? rateFor(error) : 1, jump: 0 };
  }

  /**
   * True while samples say "too little" and the buffer itself says "enough": they are from the start, when nothing had
   * come yet. At its highest, just after an append, a steady buffer is one part above its floor.
   */
  #plenty({ now, position }) {
    const buffer = this.#samples.at(-1).lead + now - position;
    return this.floor({ now, position }) < this.target && buffer > this.target + 2 * this.part;
  }

  /** What stalls have taught so far. */
  #lesson() {
    return { relaxed: this.#relaxed, clean: this.#clean, tightenAt: this.#tightenAt };
  }

  #tighten(now) {
    if (now < this.#tightenAt) {
      return;
    }
    this.#relaxed = Math.max(this.#relaxed - TIGHTEN_STEP_S, 0);
    this.#tightenAt = this.#relaxed > 0 ? now + this.#clean / 2 : Infinity;
  }
}

/** In hundredths: setting the rate costs the browser's audio path something, so it should not change with every digit. */
function rateFor(error) {
  return Math.round(clamp(1 + error * GAIN, SLOWEST, FASTEST) * 100) / 100;
}
