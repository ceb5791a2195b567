// The agent's HTTP side as the customer's page uses it: the notice, and the opening of a call.
import { isObject } from "../wire/shape";
import { linkInWords, words } from "./words";

export type Choice = "agree" | "without_emotion";

export interface Notice {
  version: string;
  /** The language that it is in. */
  locale: string;
  title: string;
  text: string[];
  choose: string;
  choices: { choice: Choice | "leave"; label: string; detail: string }[];
  /** What can be said yes to apart from the choice. */
  extras: { purpose: string; label: string; detail: string }[];
  more: {
    title: string;
    purposes_title: string;
    purposes: { purpose: string; what: string }[];
    kept_title: string;
    kept: { what: string; how_long: string }[];
    text: string[];
  };
  footer: string;
}

/** What a customer has agreed to on a notice. */
export interface Agreed {
  choice: Choice;
  /** Purposes said yes to apart from the choice. */
  also: string[];
}

/** Shows after a call whose it was; see `after_call.ts`. */
export interface Receipt {
  callId: string;
  token: string;
  /** Unix time in milliseconds. */
  untilMs: number;
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
  /** Null where the agent keeps nothing. */
  receipt: Receipt | null;
}

/** The agent could not do what the page asked; the message is for the customer. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";

  constructor(
    readonly kind: "unreachable" | "busy" | "too_many" | "notice_changed" | "link_rejected" | "refused" | "elsewhere",
    message: string,
  ) {
    super(message);
  }
}

/** The link that led here is not good, or is missing where guests are not taken. */
export class LinkRejected extends ServiceError {
  constructor(
    reason: string,
    /** Whether the customer may call without one. */
    readonly guests: boolean,
  ) {
    super("link_rejected", linkInWords(reason, guests));
  }
}

/** Where a customer is in line, as the agent's 503 says. */
export interface Place {
  token: string;
  /** 1 is the first. */
  position: number;
  /** How long the wait may be, where calls that have ended tell. */
  waitS: number | null;
  askAgainMs: number;
}

/** All lines are busy, and this is the place in line. */
export class InLine extends ServiceError {
  constructor(readonly place: Place) {
    super("busy", words.waiting.position(place.position));
  }
}

/** The notice in the language of `locale`, or in English, of what is asked of who came by a link. Throws `ServiceError`. */
export async function fetchNotice(locale: string, customer?: string): Promise<Notice> {
  const headers: HeadersInit = customer === undefined ? {} : { Authorization: `Bearer ${customer}` };
  const response = await request(`/api/notice?locale=${locale}`, { headers });
  if (!response.ok) throw new ServiceError("refused", words.line.noticeFailed);
  return (await response.json()) as Notice;
}

/**
 * Opens a call under the consent that was given on the notice of `consentVersion`; `place` is the one in line,
 * if there is one, and `customer` the token of one who is signed in. Throws `ServiceError`, and its `InLine` where there is a line to wait in.
 */
export async function openCall(
  { choice, also }: Agreed,
  consentVersion: string,
  locale: string,
  { place, customer, signal }: { place?: string | undefined; customer?: string | undefined; signal?: AbortSignal } = {},
): Promise<OpenedCall> {
  const response = await request("/api/calls", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ choice, also, locale, consent_version: consentVersion, place, customer }),
    signal: signal ?? null,
  });
  if (response.status === 403) {
    const said: unknown = await response.json().catch(() => null);
    if (isObject(said) && typeof said.reason === "string") {
      throw new LinkRejected(said.reason, said.guests === true);
    }
  }
  if (response.status === 409) {
    throw new ServiceError("notice_changed", words.line.noticeChanged);
  }
  if (response.status === 429) {
    throw new ServiceError("too_many", words.line.tooMany(retryAfter(response)));
  }
  if (response.status === 503) {
    const given = placeIn(await response.json().catch(() => null), Number(response.headers.get("Retry-After")));
    if (given) throw new InLine(given);
    throw new ServiceError("busy", words.line.busy(retryAfter(response)));
  }
  if (!response.ok) {
    throw new ServiceError("refused", words.line.refused(response.status));
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
    receipt: body.receipt ? { callId: body.call_id, token: body.receipt, untilMs: 1_000 * body.receipt_until } : null,
  };
}

async function request(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { cache: "no-store", ...init });
  } catch {
    throw new ServiceError("unreachable", words.line.unreachable);
  }
}

/** The place that a 503 gives, if it gives one. */
function placeIn(body: unknown, retryAfterS: number): Place | null {
  if (!isObject(body) || typeof body.place !== "string" || typeof body.position !== "number") return null;
  const waitS = typeof body.wait_s === "number" ? body.wait_s : null;
  return { token: body.place, position: body.position, waitS, askAgainMs: 1_000 * (retryAfterS > 0 ? retryAfterS : 5) };
}

function retryAfter(response: Response): string {
  const seconds = Number(response.headers.get("Retry-After"));
  if (!Number.isFinite(seconds) || seconds <= 0) return words.aMoment;
  return words.wait(seconds);
}

function iceServer(entry: unknown): RTCIceServer {
  return isObject(entry) ? (entry as unknown as RTCIceServer) : { urls: String(entry) };
}
