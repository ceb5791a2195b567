// Reads what the agent sends to a supervisor's page over the WebSocket: JSON, and pictures in a binary form.
import {
  GLIMPSE_SHAPE,
  type GlimpseHeader,
  PICTURE_SHAPE,
  type PictureHeader,
  SIGNAL_SHAPE,
  TO_PAGE_SHAPES,
  TO_SUPERVISOR_SHAPES,
  type ToSupervisor,
} from "./messages";
import { decodeTagged, hasShape, isObject } from "./shape";

/** The text message in `text`, or null for one that this page does not know or cannot use. */
export function decodeToSupervisor(text: string): ToSupervisor | null {
  const message = decodeTagged(text, "type", TO_SUPERVISOR_SHAPES) as ToSupervisor | null;
  if (message?.type === "signal" && !hasShape({ ...message.signal }, SIGNAL_SHAPE)) return null;
  if (message?.type === "supervisor_caption" && !hasShape({ ...message.caption }, TO_PAGE_SHAPES.caption)) return null;
  return message;
}

export interface Picture<Header = PictureHeader> {
  header: Header;
  /** JPEG of the very frame that the header describes. */
  jpeg: Uint8Array<ArrayBuffer>;
}

export type Glimpse = Picture<GlimpseHeader>;

export function isGlimpse(picture: Picture | Glimpse): picture is Glimpse {
  return picture.header.type === "glimpse";
}

/** Takes a binary message apart: 4 bytes big-endian length of the header, the header as JSON, the JPEG. Null if it is broken. */
export function decodePicture(message: ArrayBuffer): Picture | Glimpse | null {
  if (message.byteLength < 4) return null;
  const headerBytes = new DataView(message).getUint32(0);
  if (4 + headerBytes >= message.byteLength) return null;
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, headerBytes)));
  } catch {
    return null;
  }
  if (!isObject(header)) return null;
  const shape = header.type === "picture" ? PICTURE_SHAPE : header.type === "glimpse" ? GLIMPSE_SHAPE : null;
  if (!shape || !hasShape(header, shape)) return null;
  return { header, jpeg: new Uint8Array(message, 4 + headerBytes) } as unknown as Picture | Glimpse;
}
