// The line before a busy agent, and the wait for one that is away: asks again until there is an answer, or nobody waits.
import { InLine, type OpenedCall, type Place, ServiceError } from "./service";

/** Nobody hears for longer than this that the line has moved on. */
const LONGEST_PAUSE_MS = 5_000;
/** An agent that is not reached, or takes no question, this often in a row has gone, and the place with it. */
const MOST_FAILURES = 3;

/**
 * Opens a call with `open`, which is shown the place, asking again for as long as it throws `InLine`; `onPlace` is told
 * each place. Throws what else `open` throws, and the abort's reason once `left` is aborted.
 */
export async function openInTurn(
  open: (place: string | undefined) => Promise<OpenedCall>,
  onPlace: (place: Place) => void,
  left: AbortSignal,
): Promise<OpenedCall> {
  let place: Place | null = null;
  let failures = 0;
  while (true) {
    left.throwIfAborted();
    try {
      const call = await open(place?.token);
      left.throwIfAborted();
      return call;
    } catch (error) {
      left.throwIfAborted();
      if (error instanceof InLine) {
        place = error.place;
        failures = 0;
        onPlace(place);
      } else if (!place || !mayPass(error) || ++failures >= MOST_FAILURES) {
        throw error;
      }
    }
    await pause(Math.min(place.askAgainMs, LONGEST_PAUSE_MS), left);
  }
}

/** A service that was started anew is back within this time, or somebody has to look after it. */
const BACK_WITHIN_MS = 60_000;
const AWAY_PAUSE_MS = 2_000;

/**
 * What `ask` gives once the service can be reached; `onAway` is told that it cannot. Null once nobody `waits` for it any
 * more. Throws what `ask` throws, and that it is unreachable after a minute.
 */
export async function onceBack<T>(ask: () => Promise<T>, waits: () => boolean, onAway: () => void): Promise<T | null> {
  const untilMs = performance.now() + BACK_WITHIN_MS;
  while (waits()) {
    try {
      const got = await ask();
      return waits() ? got : null;
    } catch (error) {
      if (!mayPass(error) || performance.now() > untilMs) throw error;
      onAway();
    }
    await new Promise((resolve) => setTimeout(resolve, AWAY_PAUSE_MS));
  }
  return null;
}

/** Tells the agent that the customer waits no more; works while the page is being closed. */
export function giveUpPlace(token: string): void {
  void fetch(`/api/line/${encodeURIComponent(token)}`, { method: "DELETE", keepalive: true }).catch(() => {});
}

function mayPass(error: unknown): boolean {
  return error instanceof ServiceError && (error.kind === "unreachable" || error.kind === "too_many");
}

function pause(ms: number, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    left.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
