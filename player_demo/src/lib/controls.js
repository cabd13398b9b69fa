/** Buttons and keys of the watch page; each does one named thing to the stage. */

const STEP_S = 5;

/** Keys → action; as on the large video sites, so nobody needs to learn them. */
const KEYS = {
  " ": "toggle", k: "toggle", m: "sound", f: "fullscreen", l: "live", i: "numbers",
  ArrowLeft: "earlier", j: "earlier", ArrowRight: "later", End: "live", Home: "oldest",
};

/** `parts`: the page's elements; `stage` gives `session` (or null). Returns the actions, for tests and for the bar. */
export function wireControls(parts, stage) {
  const { video, box, play, sound, unmute, fullscreen, numbers, panel } = parts;
  const jump = (delta) => stage.session?.goBack(video.currentTime + delta);
  const actions = {
    toggle: () => (video.paused ? video.play().catch(() => undefined) : stage.session?.pause()),
    sound: () => { video.muted = !video.muted; },
    fullscreen: () => toggleFullscreen(box, video),
    live: () => stage.session?.goLive(),
    numbers: () => { panel.hidden = !panel.hidden; numbers.setAttribute("aria-expanded", String(!panel.hidden)); },
    earlier: () => jump(-STEP_S),
    later: () => jump(STEP_S),
    oldest: () => stage.session?.goBack(-Infinity),
  };
  for (const [button, name] of [[play, "toggle"], [sound, "sound"], [unmute, "sound"], [fullscreen, "fullscreen"], [numbers, "numbers"]]) {
    button.addEventListener("click", actions[name]);
  }
  video.addEventListener("click", actions.toggle);
  document.addEventListener("keydown", (event) => onKey(event, actions));
  mirror(video, { play, sound, unmute });
  return actions;
}

function onKey(event, actions) {
  const ours = KEYS[event.key];
  // A focused button keeps its space bar, and the bar its arrows: that is what people without a mouse go by.
  const pressing = event.key === " " && event.target.closest?.("button, a");
  const ranging = event.target.type === "range" && (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End");
  if (!ours || pressing || ranging || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  event.preventDefault();
  actions[ours]();
}

/** Keep the buttons' looks and names true to the element's state. */
function mirror(video, { play, sound, unmute }) {
  const say = (button, pressed, words) => {
    button.dataset.state = pressed ? "on" : "off";
    button.setAttribute("aria-label", words);
  };
  const update = () => {
    say(play, !video.paused, video.paused ? "Play" : "Pause");
    say(sound, !video.muted, video.muted ? "Sound on" : "Sound off");
    unmute.hidden = !video.muted;
  };
  for (const name of ["play", "pause", "volumechange"]) {
    video.addEventListener(name, update);
  }
  update();
}

function toggleFullscreen(box, video) {
  if (document.fullscreenElement) {
    return document.exitFullscreen();
  }
  // iPhones can only make the video element itself large.
  return box.requestFullscreen ? box.requestFullscreen().catch(() => undefined) : video.webkitEnterFullscreen?.();
}
