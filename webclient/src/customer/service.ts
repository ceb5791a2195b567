// The agent's HTTP side as the customer's page uses it: the notice, and the opening of a call.
import { isObject } from "../wire/shape";

export type Choice = "agree" | "without_emotion";

export interface Notice {
  version: string;
  title: string;
  text: string[];
  choices: { choice: Choice | "leave"; label: string; detail: string }[];
}

/** A call that the agent has agreed to take. */
export interface OpenedCall {
  callId: string;
  token: string;
  whipUrl: string;
  iceServers: RTCIceServer[];
  fps: number;
  widthPx: number;
  purposes: string[];
}

/** The agent could not do what the page asked; the message is for the customer. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";

  constructor(
    readonly kind: "unreachable" | "busy" | "notice_changed" | "not_signed_in" | "refused" | "elsewhere",
    message: string,
  ) {
    super(message);
  }
}

/** Where a customer is in line, as the agent's 503 says. */
export interface Place {
  token: string;
  /** 1 is the first. */
  position: number;
  askAgainMs: number;
}

/** All lines are busy, and this is the place in line. */
export class InLine extends ServiceError {
  constructor(readonly place: Place) {
    super("busy", `All lines are busy. You are number ${place.position} in line.`);
  }
}

/** The notice in the language of `locale`, or in English. Throws `ServiceError`. */
export async function fetchNotice(locale: string): Promise<Notice> {
  const response = await request(`/api/notice?locale=${locale}`);
  if (!response.ok) throw new ServiceError("refused", "The notice could not be loaded. Please try again.");
  return (await response.json()) as Notice;
}

/**
 * Opens a call under the consent that `choice` stands for on the notice of `consentVersion`; `place` is the one in line,
 * if there is one, and `customer` the token of one who is signed in. Throws `ServiceError`, and its `InLine` where there is a line to wait in.
 */
export async function openCall(
  choice: Choice,
  consentVersion: string,
  locale: string,
  { place, customer, signal }: { place?: string | undefined; customer?: string | undefined; signal?: AbortSignal } = {},
): Promise<OpenedCall> {
  const response = await request("/api/calls", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ choice, locale, consent_version: consentVersion, place, customer }),
    signal: signal ?? null,
  });
  if (response.status === 403) {
    throw new ServiceError("not_signed_in", "Your sign-in has run out. Sign in again, or start the call as a guest.");
  }
  if (response.status === 409) {
    throw new ServiceError("notice_changed", "The notice has changed since you read it. Please read it again.");
  }
  if (response.status === 503) {
    const given = placeIn(await response.json().catch(() => null), Number(response.headers.get("Retry-After")));
    if (given) throw new InLine(given);
    throw new ServiceError("busy", `All lines are busy. Please try again in ${retryAfter(response)}.`);
  }
  if (!response.ok) {
    throw new ServiceError("refused", `The call was not accepted (${response.status}). Please try again later.`);
  }
  const body = await response.json();
  return {
    callId: body.call_id,
    token: body.token,
    whipUrl: body.whip_url,
    iceServers: (body.ice_servers ?? []).map(iceServer),
    fps: body.media?.fps ?? 15,
    widthPx: body.media?.width ?? 640,
    purposes: body.purposes ?? [],
  };
}

async function request(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { cache: "no-store", ...init });
  } catch {
    throw new ServiceError("unreachable", "The service cannot be reached. Check your connection and try again.");
  }
}

/** The place that a 503 gives, if it gives one. */
function placeIn(body: unknown, retryAfterS: number): Place | null {
  if (!isObject(body) || typeof body.place !== "string" || typeof body.position !== "number") return null;
  return { token: body.place, position: body.position, askAgainMs: 1_000 * (retryAfterS > 0 ? retryAfterS : 5) };
}

function retryAfter(response: Response): string {
  const seconds = Number(response.headers.get("Retry-After"));
  if (!Number.isFinite(seconds) || seconds <= 0) return "a moment";
  return seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}

function iceServer(entry: unknown): RTCIceServer {
  return isObject(entry) ? (entry as unknown as RTCIceServer) : { urls: String(entry) };
}
