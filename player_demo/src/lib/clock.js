/**
 * The server's time of day, from `GET /time` (ISO 8601 in the body, as DASH's `http-xsdate` has it).
 *
 * Cristian's algorithm: the answer was written half a round trip ago; of the latest samples, the one with the shortest
 * round trip is the most trustworthy. Milliseconds throughout; the local clock is an argument.
 */

/** Samples kept: enough for one undisturbed round trip, few enough to follow a drifting crystal. */
const KEPT = 8;

export class ServerClock {
  #samples = [];

  /** A round trip: local times of sending and receiving, and the time in the answer. False when that is not a time. */
  sample({ sent, received, body }) {
    const server = Date.parse(body.trim());
    if (Number.isNaN(server)) {
      return false;
    }
    const trip = received - sent;
    this.#samples.push({ trip, offset: server + trip / 2 - received });
    this.#samples.splice(0, this.#samples.length - KEPT);
    return true;
  }

  get synchronised() {
    return this.#samples.length > 0;
  }

  /** Milliseconds to add to the local clock; 0 until the first sample. */
  get offset() {
    const best = this.#samples.reduce((a, b) => (b.trip < a.trip ? b : a), { trip: Infinity, offset: 0 });
    return best.offset;
  }

  /** The server's Unix time in milliseconds. */
  now(local = localNow()) {
    return local + this.offset;
  }
}

/** Local Unix time in milliseconds that never jumps: wall clocks are set while pages are open. */
export function localNow() {
  return performance.timeOrigin + performance.now();
}

/** Ask until there is a handful of samples, then every minute (crystals drift by milliseconds an hour). */
export async function keepInTime(clock, { signal, address = "/time", pause }) {
  for (let round = 0; !signal.aborted; round += 1) {
    await ask(clock, address, signal).catch(() => undefined);
    await pause(round < 4 ? 250 : 60_000, signal);
  }
}

async function ask(clock, address, signal) {
  const sent = localNow();
  const answer = await fetch(address, { signal, cache: "no-store" });
  const body = await answer.text();
  return answer.ok && clock.sample({ sent, received: localNow(), body });
}
