/** How long to wait before asking again: growing, bounded, and spread so that a crowd does not come back in step. */

const FIRST_MS = 1000;
const GROWTH = 1.5;
/** Nobody waits longer than this for a broadcast that has begun; a thousand waiting pages make 100 requests a second. */
const LONGEST_MS = 10_000;
const SPREAD = 0.25;

/** Milliseconds before attempt `attempt` (0 first). `random` is in [0, 1). */
export function waitBefore(attempt, random) {
  const plain = Math.min(FIRST_MS * GROWTH ** Math.min(attempt, 20), LONGEST_MS);
  return plain * (1 - SPREAD + 2 * SPREAD * random);
}

/** Resolve after `ms`, or at once when the signal is aborted. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
