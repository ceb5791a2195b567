// What a page that is loaded again needs to return into its call. It stays in this tab, and nothing that was said is in it.
import { isObject } from "../wire/shape";
import type { Agreed, OpenedCall } from "./service";

export interface KeptCall {
  call: OpenedCall;
  agreed: Agreed;
  /** Unix time in milliseconds, by this machine's clock. */
  startedAt: number;
  camera: boolean;
  muted: boolean;
}

const NAME = "agent-call";

export function keepCall(call: KeptCall): void {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(call));
  } catch {
    // A browser that keeps nothing for this page leaves it without a way back, and the call as it is.
  }
}

export function forgetCall(): void {
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // Nothing was kept.
  }
}

/** The call that this tab was in when it was left or loaded again, if any. */
export function keptCall(): KeptCall | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(NAME) ?? "null");
    return isKept(kept) ? kept : null;
  } catch {
    return null;
  }
}

function isKept(kept: unknown): kept is KeptCall {
  if (!isObject(kept) || !isObject(kept.call) || !isObject(kept.agreed)) return false;
  return typeof kept.call.token === "string" && typeof kept.call.whipUrl === "string" && typeof kept.startedAt === "number";
}
