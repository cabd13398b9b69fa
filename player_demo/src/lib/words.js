/** How numbers and states are said to people. */

export const seconds = (value) => (Number.isFinite(value) ? `${value.toFixed(2)} s` : "–");

const split = (whole) => [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];

/** `1:05` for 65 s and what is left of a second, `1:02:05` from an hour on. */
export function clock(value) {
  const [hours, minutes, rest] = split(Math.max(0, Math.floor(value) || 0));
  const padded = (number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
}

/** `1 minute 5 seconds`, as screen readers are to say it. */
export function spoken(value) {
  const units = ["hour", "minute", "second"];
  const named = split(Math.max(0, Math.floor(value) || 0)).map((count, i) => [count, `${count} ${units[i]}${count === 1 ? "" : "s"}`]);
  const said = named.filter(([count]) => count > 0).map(([, words]) => words);
  return said.join(" ") || "0 seconds";
}

/** `-1:05` for a place 65 s behind the live edge. */
export const behind = (value) => `-${clock(Math.round(value))}`;

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
  unplayable: { title: "This cannot be played here", text: "", busy: false },
  refused: { title: "This link does not open the stream", text: "Ask for a new link.", busy: false },
};

/** Phases of which the server's own sentence says more than ours. */
const SERVERS_WORD = new Set(["refused", "unplayable", "failing", "cut"]);

/** What stands over the picture: `{title, text, busy}`, or null while playing. The server's own sentence goes first. */
export function notice(phase, sentence) {
  const words = NOTICES[phase];
  return words && sentence && SERVERS_WORD.has(phase) ? { ...words, text: sentence } : (words ?? null);
}
