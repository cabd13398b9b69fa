/** `/watch/<playback_id>`, with `#t=<token>` for who is not signed in: puts the modules together and keeps the page's phase. */

import "./style/watch.css";
import { readAddress } from "./lib/address.js";
import { pause, waitBefore } from "./lib/backoff.js";
import { Bookmark } from "./lib/bookmark.js";
import { chosenPlayer, DASH, HLS } from "./lib/choice.js";
import { keepInTime, ServerClock } from "./lib/clock.js";
import { wireControls } from "./lib/controls.js";
import { DvrBar } from "./lib/dvr-bar.js";
import { enter } from "./lib/entrance.js";
import { faultWords, hopeless, Losses } from "./lib/faults.js";
import { why } from "./lib/hunger.js";
import { Memory } from "./lib/memory.js";
import { Menu } from "./lib/menu.js";
import { next, SHOWING, WAITING } from "./lib/phases.js";
import { canPlay, playerFor } from "./lib/players.js";
import { probe } from "./lib/probe.js";
import { Readouts } from "./lib/readouts.js";
import { SeekBar } from "./lib/seek-bar.js";
import { Session } from "./lib/session.js";
import { Toast } from "./lib/toast.js";
import { clock, notice } from "./lib/words.js";

/** Four times a second: people cannot read faster, and layout costs more than arithmetic. */
const SHOW_MS = 250;
/** Why nothing comes is asked twice in a row: between them a low-latency playlist grows three times. */
const WHY_MS = 700;
/** Once that is known it is asked again, in case it changes; the player itself asks each second meanwhile. */
const WHY_AGAIN_MS = 5000;
/** An answer that takes longer is none. */
const WHY_PATIENCE_MS = 2000;

const byId = (id) => document.getElementById(id);
/** Elements by the names under which modules want them: `{name: id}`. */
const parts = (ids) => Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, byId(id)]));
const CONTROLS = {
  ...{ video: "video", box: "box", play: "play", sound: "sound", unmute: "unmute", volume: "volume", picture: "picture" },
  ...{ fullscreen: "fullscreen", numbers: "numbers", panel: "panel", keys: "keys", help: "help", helpClose: "help-close", helpList: "help-list" },
};
const MENU = { button: "settings", panel: "menu", speed: "menu-speed", sound: "menu-sound", player: "menu-player" };
const NOTHING = {
  engine: null, delay: null, buffer: 0, rate: 1, floor: null, target: null, rung: {}, dropped: 0, frames: 0, stalls: 0,
  following: true, started: false, start: null, edge: null, position: 0, behind: null, film: false, over: false, dry: false,
  buffered: [], tracks: [],
};

class Page {
  phase = "looking";
  sentence = "";
  code = "";
  session = null;
  errors = [];
  memory = new Memory();
  #clock = new ServerClock();
  #asking = new AbortController();
  #whys = 0;
  #rate = 1;
  #chosen = HLS;
  /** That of what is live is always hls.js, which this page steers: so it is known before a player is built. */
  #using = HLS;
  #loading = 0;
  #losses = new Losses();
  #bookmark = new Bookmark(this.memory);
  #video = byId("video");
  #readouts = new Readouts(byId("panel"));
  #bar = new DvrBar({ bar: byId("bar"), label: byId("behind"), live: byId("live") }, {
    seek: (place) => this.session?.goBack(place),
    live: () => this.session?.goLive(),
  });
  #seekBar = new SeekBar({ seek: byId("seek"), tip: byId("seek-tip"), times: byId("times") }, {
    seek: (place) => this.session?.goBack(place),
  });
  #toast = new Toast({ box: byId("toast"), words: byId("toast-words"), button: byId("toast-button") });
  #menu = new Menu(parts(MENU), {
    speed: (rate) => this.setRate(rate),
    track: (id) => this.session?.choose(id),
    player: (name) => this.#change(name),
  });

  constructor() {
    const loudness = Number(this.memory.setting("volume") ?? 1);
    this.#video.volume = loudness >= 0 && loudness <= 1 ? loudness : 1;
    wireControls(parts(CONTROLS), this);
    window.addEventListener("hashchange", () => this.#open());
    // Phones end pages without another word.
    document.addEventListener("visibilitychange", () => this.#note({ hurry: true }));
    window.addEventListener("pagehide", () => this.#note({ hurry: true }));
    setInterval(() => this.#show(), SHOW_MS);
    keepInTime(this.#clock, { signal: new AbortController().signal, pause });
    this.#open();
  }

  /** Begin with the address in the location bar. */
  #open(chosen = chosenPlayer(location, this.memory.setting("player"))) {
    const address = readAddress(location);
    this.#become("readdressed");
    delete document.body.dataset.kind;
    this.#chosen = chosen;
    this.#losses = new Losses();
    this.#bookmark.forget();
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
    return probe(this.address.playlist, { signal, deep: this.phase === "ended" || this.#chosen === DASH });
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
      this.#using = found.verdict === "over" ? this.#chosen : HLS;
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

  /** Build a player, once its script is here; meanwhile the page may have come to want another one, or none. */
  async #play() {
    const round = (this.#loading += 1);
    const Player = await playerFor(this.#using).catch(() => null);
    if (this.#loading !== round || !SHOWING.has(this.phase)) {
      return;
    }
    if (Player === null) {
      this.#become("unplayable", { sentence: "The player could not be loaded. Reload the page to try it again." });
      return;
    }
    const { playlist, playbackId } = this.address;
    const { at, remembered } = this.#bookmark.open(playbackId);
    const common = { video: this.#video, playlist, clock: this.#clock, faults: this.errors, rate: this.#rate };
    this.session = new Session({ ...common, Player, at, on: this.#listeners() });
    if (remembered) {
      this.#toast.say(`Goes on at ${clock(at)}.`, ["From the beginning", () => this.session?.goBack(0)]);
    }
  }

  #listeners() {
    return {
      ended: () => this.#become(this.session.film ? "finished" : "ended"),
      resumed: () => this.#become("resumed"),
      lost: () => this.#lose(),
      starved: () => this.#askWhy(this.session),
      fed: () => this.#become("fed"),
    };
  }

  /** The player gave up. Another one is tried, unless that has been of no use. */
  #lose() {
    const details = this.errors.at(-1)?.details ?? "";
    const often = this.session?.film && this.#losses.note(performance.now() / 1000);
    const event = often || hopeless(details) ? "unplayable" : "lost";
    this.#become(event, { sentence: faultWords(details) });
  }

  /** Play on by another player, and from now on. */
  #change(name) {
    this.memory.keep("player", name);
    this.#chosen = this.#using = name;
    this.#losses = new Losses();
    if (SHOWING.has(this.phase)) {
      this.#drop();
      this.#play();
    } else {
      // What was chosen just now counts for more than what the address says.
      this.#open(name);
    }
  }

  /** The speed of films: what was chosen, which the picture takes on a moment later. */
  get rate() {
    return this.#rate;
  }

  setRate(rate) {
    this.#rate = rate;
    if (this.session) {
      this.session.rate = rate;
    }
  }

  say(words) {
    this.#toast.say(words);
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

  #note({ hurry = false } = {}) {
    if (this.session) {
      this.#bookmark.note(this.address.playbackId, this.reading(), { now: performance.now(), hurry });
    }
  }

  #drop() {
    this.#note({ hurry: true });
    this.#loading += 1;
    this.session?.destroy();
    this.session = null;
  }

  /** The state in one object: what the page shows, and what tests read. */
  reading() {
    const session = this.session?.reading() ?? NOTHING;
    const { phase, sentence, code, errors } = this;
    return { ...session, phase, sentence, code, errors, player: this.#chosen, clock: this.#clock.synchronised ? this.#clock.offset : null };
  }

  #show() {
    const reading = this.reading();
    const quiet = this.phase === "playing" && !reading.started ? "looking" : this.phase;
    showNotice(notice(quiet, this.sentence));
    this.#readouts.show(reading);
    this.#bar.show(reading);
    this.#seekBar.show(reading);
    this.#menu.show({ ...reading, rate: this.#rate }, this.#chosen);
    this.#note();
    const { film, dry, engine } = reading;
    // Without a player nothing is known, and nothing is to jump about.
    const kind = engine === null ? document.body.dataset.kind ?? "live" : film ? "film" : "live";
    Object.assign(document.body.dataset, { phase: this.phase, kind, dry: String(film && dry) });
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
