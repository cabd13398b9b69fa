/** Buttons and keys of the watch page; each does one named thing to the stage. */

import { showHelp } from "./help.js";
import { actionFor } from "./keys.js";
import { hasPicture, toggleFullscreen, togglePicture } from "./screen.js";
import { frameAt, frameStart, nextSpeed, speedWords } from "./speeds.js";

/** Buttons → action. */
const BUTTONS = { play: "toggle", sound: "sound", unmute: "sound", fullscreen: "fullscreen", picture: "picture", numbers: "numbers", keys: "help", helpClose: "help" };

/**
 * `parts`: the page's elements; `stage` gives `session` (or null), `reading()`, `rate`, `memory`, and takes `setRate(rate)` and
 * `say(words)`.
 */
export function wireControls(parts, stage) {
  const { video } = parts;
  const actions = { ...sight(parts, stage), ...hearing(video, stage), ...course(video, stage) };
  for (const [part, name] of Object.entries(BUTTONS)) {
    parts[part].addEventListener("click", () => actions[name]());
  }
  parts.picture.hidden = !hasPicture(video);
  parts.volume.addEventListener("input", () => actions.loudness(Number(parts.volume.value)));
  video.addEventListener("click", () => actions.toggle());
  document.addEventListener("keydown", (event) => onKey(event, actions, stage));
  mirror(video, parts);
  return actions;
}

function onKey(event, actions, stage) {
  const found = event.defaultPrevented || document.querySelector("dialog[open]") ? null : actionFor(event, stage.session?.film);
  // The list that a key has opened is closed by it as well.
  if (found !== null || (event.key === "?" && document.querySelector("dialog[open]"))) {
    event.preventDefault();
    const [name, value] = found ?? ["help"];
    actions[name](value);
  }
}

/** What changes how the page looks. */
function sight({ video, box, numbers, panel, help, helpList }, stage) {
  return {
    fullscreen: () => toggleFullscreen(box, video),
    picture: () => togglePicture(video),
    numbers: () => { panel.hidden = !panel.hidden; numbers.setAttribute("aria-expanded", String(!panel.hidden)); },
    help: () => showHelp(help, helpList, stage.session?.film),
  };
}

function hearing(video, stage) {
  const loudness = (value) => {
    video.volume = Math.min(Math.max(Math.round(value * 100) / 100, 0), 1);
    video.muted = video.volume === 0;
    stage.memory.keep("volume", video.volume);
  };
  const volume = (delta) => {
    loudness((video.muted ? 0 : video.volume) + delta);
    stage.say(`Volume ${Math.round(video.volume * 100)} %`);
  };
  const sound = () => (video.volume === 0 ? loudness(0.5) : (video.muted = !video.muted));
  return { loudness, volume, sound };
}

/** What moves the picture. */
function course(video, stage) {
  const told = followFrames(video);
  const seek = (place) => stage.session?.goBack(place);
  return {
    toggle: () => (video.paused ? stage.session?.play() : stage.session?.pause()),
    jump: (delta) => seek(video.currentTime + delta),
    live: () => stage.session?.goLive(),
    oldest: () => seek(-Infinity),
    tenth: (number) => seek((stage.reading().edge ?? 0) * number / 10),
    faster: (way) => {
      const rate = nextSpeed(stage.rate, way);
      stage.setRate(rate);
      stage.say(speedWords(rate));
    },
    frame: (way) => {
      if (video.paused) {
        const { fps } = stage.reading().rung;
        seek(frameAt(frameStart(told(), video.currentTime, fps), way, fps));
      }
    },
  };
}

/** Gives a function that tells when the picture that is shown begins; null where browsers do not say. */
function followFrames(video) {
  let begins = null;
  const note = (_, { mediaTime }) => {
    begins = mediaTime;
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback?.(note);
  return () => begins;
}

/** Keep the buttons' looks and names true to the element's state. */
function mirror(video, { play, sound: speaker, unmute, volume }) {
  const say = (button, pressed, words) => {
    button.dataset.state = pressed ? "on" : "off";
    button.setAttribute("aria-label", words);
  };
  const update = () => {
    say(play, !video.paused, video.paused ? "Play" : "Pause");
    say(speaker, !video.muted, video.muted ? "Sound on" : "Sound off");
    unmute.hidden = !video.muted;
    volume.value = video.muted ? 0 : video.volume;
    volume.style.setProperty("--share", `${volume.value * 100}%`);
  };
  for (const name of ["play", "pause", "volumechange"]) {
    video.addEventListener(name, update);
  }
  update();
}
