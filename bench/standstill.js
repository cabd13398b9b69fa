/**
 * Writes down when the picture stood still, and what the page did around it. Loaded into a page that plays.
 *
 * `headwaterStood()` gives the standstills since the last call, `[[from_ms, to_ms, position], …]`, and the notes,
 * `[[at_ms, what, detail], …]`, in Unix milliseconds; a standstill that goes on ends with the call.
 */
(() => {
  const LEAST_MS = 1000; // a picture that stays for less is a frame or two that came late
  const MOST_NOTES = 20_000;
  const LOOK_MS = 50;
  const video = document.querySelector("video");
  let notes = [];
  let stands = [];
  let position = video.currentTime;
  let since = Date.now();

  const note = (what, detail = "") => {
    if (notes.length < MOST_NOTES) {
      notes.push([Date.now(), what, String(detail)]);
    }
  };
  const buffered = () => Array.from(video.buffered, (_, i) => i)
    .map((i) => `${video.buffered.start(i).toFixed(2)}-${video.buffered.end(i).toFixed(2)}`).join(" ");
  const stood = (now) => {
    if (now - since >= LEAST_MS) {
      stands.push([since, now, position]);
      note("stood", `${((now - since) / 1000).toFixed(1)} s at ${position.toFixed(2)}, buffered ${buffered()}`);
    }
    since = now;
  };
  setInterval(() => {
    if (video.currentTime !== position) {
      stood(Date.now());
      position = video.currentTime;
    }
  }, LOOK_MS);
  for (const name of ["waiting", "playing", "stalled", "seeking", "seeked", "ended", "error", "pause", "ratechange"]) {
    video.addEventListener(name, () => note(`video ${name}`, `${video.currentTime.toFixed(2)} [${buffered()}]`));
  }

  const frag = ({ frag: { sn, type, start, gap, relurl } = {}, part }) =>
    `${type} ${sn}${part ? `.${part.index}` : ""} at ${start?.toFixed(2)} ${part?.relurl ?? relurl}${gap ? " gap" : ""}`;
  const level = ({ details }) =>
    `${details.startSN}-${details.endSN}.${details.lastPartIndex} edge ${details.edge.toFixed(2)} misses ${details.misses}`;
  const TELLING = {
    ERROR: ({ type, details, fatal, reason, error, response }) =>
      `${fatal ? "FATAL " : ""}${type} ${details} ${response?.code ?? ""} ${reason ?? error?.message ?? ""}`,
    LEVEL_LOADING: ({ url, deliveryDirectives: at }) => `${url.split("/").slice(-2).join("/")} ${at?.msn ?? ""} ${at?.part ?? ""}`,
    LEVEL_LOADED: level,
    AUDIO_TRACK_LOADED: level,
    FRAG_LOADING: frag,
    FRAG_LOADED: frag,
    FRAG_BUFFERED: frag,
    FRAG_LOAD_EMERGENCY_ABORTED: frag,
    BUFFER_FLUSHING: ({ startOffset, endOffset, type }) => `${type} ${startOffset} ${endOffset}`,
  };
  // `hls` is the stock page's; our own page keeps its player to itself.
  if (typeof hls !== "undefined") {
    for (const [name, tell] of Object.entries(TELLING)) {
      hls.on(Hls.Events[name], (_, data) => note(name, tell(data)));
    }
  }

  window.headwaterStood = () => {
    stood(Date.now());
    const said = { stands, notes };
    stands = [];
    notes = [];
    return said;
  };
})();
