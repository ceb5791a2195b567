// What the agent and a supervisor's page say to each other over the WebSocket. Mirrors agent/transport/messages.py.
import type { Caption } from "./call";
import { decodeTagged, hasShape, isObject, type Shape } from "./shape";
import type { Signal } from "./signals";

export interface CallSummary {
  call_id: string;
  state: string;
  /** Unix time in seconds. */
  started_at: number;
  locale: string;
  purposes: string[];
  affect: string;
  last_intent: string | null;
  ended_because: string | null;
}

/** All live calls; sent on connecting, whenever one begins, changes or ends, and when the line moves. */
export interface CallList {
  type: "calls";
  calls: CallSummary[];
  /** Calls with everything in them that may go on at a time, where that is known. */
  rated?: number | null;
  /** Customers who wait for a free line. */
  in_line?: number;
}

export interface SignalMessage {
  type: "signal";
  signal: Signal;
}

export interface SupervisorCaption {
  type: "supervisor_caption";
  call_id: string;
  caption: Caption;
}

export interface SupervisorNote {
  type: "note";
  call_id: string;
  text: string;
}

export interface HandoffRequested {
  type: "handoff";
  call_id: string;
  reason: string;
  urgency?: "normal" | "high";
}

export interface Fault {
  type: "error";
  message: string;
}

export type ToSupervisor = CallList | SignalMessage | SupervisorCaption | SupervisorNote | HandoffRequested | Fault;

export type FromSupervisor = { type: "watch"; call_id: string } | { type: "unwatch" };

const SHAPES: Record<ToSupervisor["type"], Shape> = {
  calls: { calls: "array" },
  signal: { signal: "object" },
  supervisor_caption: { call_id: "string", caption: "object" },
  note: { call_id: "string", text: "string" },
  handoff: { call_id: "string", reason: "string" },
  error: { message: "string" },
};

const SIGNAL_SHAPE: Shape = { call_id: "string", kind: "string", valid: "boolean", age_ms: "number", value: "object" };

const CAPTION_SHAPE: Shape = { id: "string", speaker: "string", text: "string" };

/** The text message in `text`, or null for one that this page does not know or cannot use. */
export function decodeToSupervisor(text: string): ToSupervisor | null {
  const message = decodeTagged(text, "type", SHAPES) as ToSupervisor | null;
  if (message?.type === "signal" && !hasShape({ ...message.signal }, SIGNAL_SHAPE)) return null;
  if (message?.type === "supervisor_caption" && !hasShape({ ...message.caption }, CAPTION_SHAPE)) return null;
  return message;
}

export interface FaceOverlay {
  track_id: number;
  /** x, y, width, height as fractions of the picture. */
  box: [number, number, number, number];
  /** x0, y0, x1, y1, … in ten-thousandths of the picture's width and height; empty for bystanders. */
  points: number[];
}

export interface HandOverlay {
  side: string;
  gesture: string;
  probability: number;
  /** x0, y0, … of 21 landmarks in ten-thousandths. */
  points: number[];
}

export interface PictureHeader {
  type: "picture";
  call_id: string;
  frame_id: number;
  captured_at: number;
  media_ms: number;
  age_ms: number;
  width_px: number;
  height_px: number;
  faces: FaceOverlay[];
  hands: HandOverlay[];
  stage_ms: Record<string, number>;
}

export interface Picture {
  header: PictureHeader;
  /** JPEG of the very frame that the header describes. */
  jpeg: Uint8Array<ArrayBuffer>;
}

const PICTURE_SHAPE: Shape = {
  call_id: "string",
  frame_id: "number",
  age_ms: "number",
  width_px: "number",
  height_px: "number",
  faces: "array",
  hands: "array",
  stage_ms: "object",
};

/** Takes a binary message apart: 4 bytes big-endian length of the header, the header as JSON, the JPEG. Null if it is broken. */
export function decodePicture(message: ArrayBuffer): Picture | null {
  if (message.byteLength < 4) return null;
  const headerBytes = new DataView(message).getUint32(0);
  if (4 + headerBytes >= message.byteLength) return null;
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, headerBytes)));
  } catch {
    return null;
  }
  if (!isObject(header) || header.type !== "picture" || !hasShape(header, PICTURE_SHAPE)) return null;
  return { header: header as unknown as PictureHeader, jpeg: new Uint8Array(message, 4 + headerBytes) };
}
