// The line before a busy agent: keeps the customer's place by asking again, until a call is opened or the line is left.
import { InLine, type OpenedCall, type Place, ServiceError } from "./service";

/** Nobody hears for longer than this that the line has moved on. */
const LONGEST_PAUSE_MS = 5_000;
/** A network that fails this often in a row has gone, and the place with it. */
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
      } else if (!place || !isUnreachable(error) || ++failures >= MOST_FAILURES) {
        throw error;
      }
    }
    await pause(Math.min(place.askAgainMs, LONGEST_PAUSE_MS), left);
  }
}

/** Tells the agent that the customer waits no more; works while the page is being closed. */
export function giveUpPlace(token: string): void {
  void fetch(`/api/line/${encodeURIComponent(token)}`, { method: "DELETE", keepalive: true }).catch(() => {});
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ServiceError && error.kind === "unreachable";
}

function pause(ms: number, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    left.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
