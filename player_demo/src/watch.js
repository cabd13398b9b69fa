/** `/watch/<playback_id>`, with `#t=<token>` for who is not signed in: puts the modules together and keeps the page's phase. */

import "./style/watch.css";
import { readAddress } from "./lib/address.js";
import { pause, waitBefore } from "./lib/backoff.js";
import { keepInTime, ServerClock } from "./lib/clock.js";
import { wireControls } from "./lib/controls.js";
import { DvrBar } from "./lib/dvr-bar.js";
import { enter } from "./lib/entrance.js";
import { next, WAITING } from "./lib/phases.js";
import { probe } from "./lib/probe.js";
import { Readouts } from "./lib/readouts.js";
import { canPlay, Session } from "./lib/session.js";
import { notice } from "./lib/words.js";

/** Four times a second: people cannot read faster, and layout costs more than arithmetic. */
const SHOW_MS = 250;

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
    if (this.phase !== "playing") {
      this.#drop();
    } else if (this.session === null) {
      this.#play();
    }
    this.#show();
    if (before === "playing" && WAITING.has(this.phase)) {
      this.#ask();
    }
  }

  #play() {
    this.session = new Session({
      video: this.#video, playlist: this.address.playlist, clock: this.#clock, faults: this.errors,
      on: { ended: () => this.#become("ended"), lost: () => this.#become("lost") },
    });
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
