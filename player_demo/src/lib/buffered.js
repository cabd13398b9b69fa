/** What a video element has of its media, as plain numbers. `ranges` looks like a TimeRanges. */

/** A gap of less than this before a range is no gap: players get over it by themselves. */
const NEXT_TO_S = 0.1;

/** `[[start, end], …]` in seconds. */
export function spans(ranges) {
  return Array.from({ length: ranges.length }, (_, i) => [ranges.start(i), ranges.end(i)]);
}

/** Seconds that can be played from `position` on without another byte. */
export function ahead(ranges, position) {
  const here = spans(ranges).find(([start, end]) => start <= position + NEXT_TO_S && position < end);
  return here ? here[1] - position : 0;
}
