/** `/watch/<playback_id>`, with `#t=<token>` for who is not signed in: puts the modules together and keeps the page's phase. */

import "./style/watch.css";
import { readAddress } from "./lib/address.js";
import { pause, waitBefore } from "./lib/backoff.js";
import { keepInTime, ServerClock } from "./lib/clock.js";
import { wireControls } from "./lib/controls.js";
import { DvrBar } from "./lib/dvr-bar.js";
import { enter } from "./lib/entrance.js";
import { why } from "./lib/hunger.js";
import { next, SHOWING, WAITING } from "./lib/phases.js";
import { probe } from "./lib/probe.js";
import { Readouts } from "./lib/readouts.js";
import { canPlay, Session } from "./lib/session.js";
import { notice } from "./lib/words.js";

/** Four times a second: people cannot read faster, and layout costs more than arithmetic. */
const SHOW_MS = 250;
/** Why nothing comes is asked twice in a row: between them a low-latency playlist grows three times. */
const WHY_MS = 700;
/** Once that is known it is asked again, in case it changes; the player itself asks each second meanwhile. */
const WHY_AGAIN_MS = 5000;
/** An answer that takes longer is none. */
const WHY_PATIENCE_MS = 2000;

const byId = (id) => document.getElementById(id);
const NOTHING = {
  engine: null, delay: null, buffer: 0, rate: 1, floor: null, target: null, rung: {}, dropped: 0, frames: 0, stalls: 0,
  following: true, started: false, start: null, edge: null, position: 0, behind: null,
};

class Page {
  phase = "looking";
  sentence = "";
  code = "";
  session = null;
  errors = [];
  #clock = new ServerClock();
  #asking = new AbortController();
  #whys = 0;
  #video = byId("video");
  #readouts = new Readouts(byId("panel"));
  #bar = new DvrBar({ bar: byId("bar"), label: byId("behind"), live: byId("live") }, {
    seek: (place) => this.session?.goBack(place),
    live: () => this.session?.goLive(),
  });

  constructor() {
    wireControls({
      video: this.#video, box: byId("box"), play: byId("play"), sound: byId("sound"), unmute: byId("unmute"),
      fullscreen: byId("fullscreen"), numbers: byId("numbers"), panel: byId("panel"),
    }, this);
    window.addEventListener("hashchange", () => this.#open());
    setInterval(() => this.#show(), SHOW_MS);
    keepInTime(this.#clock, { signal: new AbortController().signal, pause });
    this.#open();
  }

  /** Begin with the address in the location bar. */
  #open() {
    const address = readAddress(location);
    this.#become("readdressed");
    if (address.fault) {
      this.#become("refused", { sentence: address.fault });
    } else if (!canPlay(this.#video)) {
      this.#become("refused", { sentence: "This browser plays no HLS. A current one of any make does." });
    } else {
      this.address = address;
      this.#ask();
    }
  }

  /** How the stream is; before that a way in, for who has no token. */
  async #look(signal) {
    if (this.address.playlist === null) {
      const found = await enter(this.address.playbackId);
      if (found.verdict) {
        return found;
      }
      this.address.playlist = found.playlist;
    }
    return probe(this.address.playlist, { signal, deep: this.phase === "ended" });
  }

  /** Ask until there is something to play, or no sense in asking. */
  async #ask() {
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    for (let attempt = 0; WAITING.has(this.phase); attempt += 1) {
      const found = await this.#look(signal);
      if (signal.aborted) {
        return;
      }
      this.#become(found.verdict, found);
      if (WAITING.has(this.phase)) {
        await pause(waitBefore(attempt, Math.random()), signal);
      }
    }
  }

  #become(event, { sentence = "", code = "" } = {}) {
    const before = this.phase;
    this.phase = next(before, event);
    Object.assign(this, { sentence, code });
    if (!SHOWING.has(this.phase)) {
      this.#drop();
    } else if (this.session === null) {
      this.#play();
    }
    this.#show();
    if (SHOWING.has(before) && WAITING.has(this.phase)) {
      this.#ask();
    }
  }

  #play() {
    const on = {
      ended: () => this.#become("ended"),
      lost: () => this.#become("lost"),
      starved: () => this.#askWhy(this.session),
      fed: () => this.#become("fed"),
    };
    const { playlist } = this.address;
    this.session = new Session({ video: this.#video, playlist, clock: this.#clock, faults: this.errors, on });
  }

  /** Nothing comes: ask the server for the reason, until something does. */
  async #askWhy(session) {
    const round = (this.#whys += 1);
    for (let before = null; ;) {
      const signal = AbortSignal.timeout(WHY_PATIENCE_MS);
      const found = await probe(this.address.playlist, { signal, deep: true });
      if (this.session !== session || !session.hungry || this.#whys !== round) {
        return;
      }
      const event = why(found, before);
      before = found.newest ?? null;
      if (event === "starved") {
        session.excuse();
      }
      if (event !== null) {
        this.#become(event, found);
      }
      await pause(this.phase === "starved" ? WHY_AGAIN_MS : WHY_MS);
    }
  }

  #drop() {
    this.session?.destroy();
    this.session = null;
  }

  /** The state in one object: what the page shows, and what tests read. */
  reading() {
    const session = this.session?.reading() ?? NOTHING;
    const { phase, sentence, code, errors } = this;
    return { ...session, phase, sentence, code, errors, clock: this.#clock.synchronised ? this.#clock.offset : null };
  }

  #show() {
    const reading = this.reading();
    const quiet = this.phase === "playing" && !reading.started ? "looking" : this.phase;
    showNotice(notice(quiet, this.sentence));
    this.#readouts.show(reading);
    this.#bar.show(reading);
    document.body.dataset.phase = this.phase;
  }
}

function showNotice(words) {
  byId("notice").hidden = words === null;
  const { title = "", text = "", busy = false } = words ?? {};
  byId("notice-busy").hidden = !busy;
  // Written only when new: the notice is a live region, and screen readers would say it again.
  for (const [id, said] of [["notice-title", title], ["notice-text", text]]) {
    if (byId(id).textContent !== said) {
      byId(id).textContent = said;
    }
  }
}

const page = new Page();

/** Read by tests and by the curious: `headwater.delay`, `.buffer`, `.errors`, … are the values of this moment. */
window.headwater = new Proxy({}, {
  get: (_, name) => (name === "all" ? page.reading() : page.reading()[name]),
  has: (_, name) => name in page.reading(),
});
