// Reads what the agent sends over a call's data channel.
import { CARD_SHAPE, type ToPage, TO_PAGE_SHAPES } from "./messages";
import { decodeTagged, hasShape } from "./shape";

/** The message in `text`, or null for one that this page does not know or cannot use. */
export function decodeToPage(text: string): ToPage | null {
  const message = decodeTagged(text, "type", TO_PAGE_SHAPES) as ToPage | null;
  return message?.type === "card" && !hasShape({ ...message.card }, CARD_SHAPE) ? null : message;
}
