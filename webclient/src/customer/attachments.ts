// Pictures and voice notes: made small on this side, sent into the call in progress, and refused in plain words.
import { words } from "./words";

/** What proves that something comes from the customer of a call. */
export interface OwnCall {
  callId: string;
  token: string;
}

/** Why something was not sent; its words are `words.chat.failures`. */
export type Failure = keyof typeof words.chat.failures;

export class NotSent extends Error {
  override readonly name = "NotSent";

  constructor(readonly failure: Failure) {
    super(words.chat.failures[failure]);
  }
}

/** Longer sides are of no use: the agent makes its own copy no larger. */
const LONGEST_SIDE_PX = 1_600;
const QUALITY = 0.85;
/** What the agent takes of a picture that this browser cannot make smaller. */
const MOST_BYTES = 8 * 1024 * 1024;

/** A picture no larger than is of use, without place and time that the file may name. Throws `NotSent`. */
export async function shrunk(file: Blob): Promise<Blob> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new NotSent("notAPicture");
  }
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  // What shows through a drawing or a screenshot is white, as on paper.
  if (context) context.fillStyle = "#fff";
  context?.fillRect(0, 0, canvas.width, canvas.height);
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  const picture = small ?? file;
  if (picture.size > MOST_BYTES) throw new NotSent("tooLarge");
  return picture;
}

/** Sends a picture into the call; what was made of it, as staff see it. Throws `NotSent`. */
export async function sendPicture(call: OwnCall, picture: Blob): Promise<Blob> {
  const response = await post(call, "pictures", picture, "notAPicture");
  return await response.blob();
}

/** Sends a recording for something that the customer says; its words come as a caption. Throws `NotSent`. */
export async function sendNote(call: OwnCall, recording: Blob): Promise<void> {
  await post(call, "voice-notes", recording, "noWords");
}

async function post(call: OwnCall, kind: string, body: Blob, unusable: Failure): Promise<Response> {
  const headers = { Authorization: `Bearer ${call.token}`, "Content-Type": body.type };
  const path = `/api/calls/${encodeURIComponent(call.callId)}/${kind}`;
  const response = await fetch(path, { method: "POST", headers, body }).catch(() => null);
  if (response?.ok) return response;
  throw new NotSent(failureOf(response?.status, unusable));
}

/** What an answer's status means; none where there was no answer. */
export function failureOf(status: number | undefined, unusable: Failure): Failure {
  switch (status) {
    case undefined:
      return "unreachable";
    case 404:
      return "over";
    case 413:
    case 422:
      return "tooLarge";
    case 415:
      return unusable;
    case 429:
    case 503:
      return "tooOften";
    default:
      return "unsent";
  }
}
