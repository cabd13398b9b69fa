/** How numbers and states are said to people. */

export const seconds = (value) => (Number.isFinite(value) ? `${value.toFixed(2)} s` : "–");

/** `-1:05` for a place 65 s behind the live edge. */
export function behind(value) {
  const whole = Math.max(0, Math.round(value));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `-${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `-${minutes}:${tail}`;
}

/** `1280×720 · 2.5 Mb/s`; parts that are not known are left out. */
export function rung({ width, height, bitrate, codecs }) {
  const size = width && height ? `${width}×${height}` : "";
  const rate = bitrate ? `${(bitrate / 1e6).toFixed(1)} Mb/s` : "";
  return [size, rate, codecs ?? ""].filter(Boolean).join(" · ") || "–";
}

const NOTICES = {
  looking: { title: "One moment", text: "Looking for the stream …", busy: true },
  offline: { title: "Off the air", text: "Nobody is broadcasting here right now. It starts by itself.", busy: true },
  failing: { title: "No answer", text: "The server does not answer. Trying again …", busy: true },
  starved: { title: "Waiting for the broadcaster", text: "The broadcast was interrupted. It goes on by itself.", busy: true },
  cut: { title: "No answer", text: "The server does not answer. Trying again …", busy: true },
  ended: { title: "The broadcast has ended", text: "The next one starts by itself.", busy: true },
  refused: { title: "This link does not open the stream", text: "Ask for a new link.", busy: false },
};

/** Phases of which the server's own sentence says more than ours. */
const SERVERS_WORD = new Set(["refused", "failing", "cut"]);

/** What stands over the picture: `{title, text, busy}`, or null while playing. The server's own sentence goes first. */
export function notice(phase, sentence) {
  const words = NOTICES[phase];
  return words && sentence && SERVERS_WORD.has(phase) ? { ...words, text: sentence } : (words ?? null);
}
