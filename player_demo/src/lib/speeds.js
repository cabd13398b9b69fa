/** Speeds of what is played on demand, and steps of one frame. */

export const SPEEDS = Object.freeze([0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3]);

/** Where a film does not tell: between that of cinema and that of screens. */
const USUAL_FPS = 30;
/** A place this near the next frame, in frames, is that frame: places are rounded. */
const ROUNDING = 0.01;

/** The next speed of the list, up (1) or down (-1), from any speed. */
export function nextSpeed(rate, way) {
  const further = way > 0 ? SPEEDS.find((speed) => speed > rate) : SPEEDS.findLast((speed) => speed < rate);
  return further ?? (way > 0 ? SPEEDS.at(-1) : SPEEDS[0]);
}

/** `1×`, `1.25×`. */
export const speedWords = (rate) => `${Number(rate.toFixed(2))}×`;

/**
 * When the picture at `position` begins: as the browser said of the last one that it showed (`told`), unless that is of
 * another place, where a seek has not got to yet.
 */
export function frameStart(told, position, fps) {
  const rate = fps || USUAL_FPS;
  const here = told !== null && Math.abs(position - told) * rate < 1.5;
  return here ? told : Math.floor(position * rate + ROUNDING) / rate;
}

/**
 * Where to seek for the frame before (-1) or after (1) the one that is shown, which begins at `shown` seconds. Aims at the
 * middle of that frame: its beginning is rounded in files and in browsers, and either side of it is another picture.
 */
export function frameAt(shown, way, fps) {
  return Math.max(0, shown + (way + 0.5) / (fps || USUAL_FPS));
}
