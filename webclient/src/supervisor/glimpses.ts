// Small pictures of the calls on the wall: asked for while they are wanted, drawn as they come, never kept.
import type { CallSummary } from "../wire/messages";

/** The agent sends small pictures of no more calls to one page. */
export const MOST_GLIMPSES = 20;

type Draw = (picture: ImageBitmap) => void;

export class Glimpses {
  private readonly canvases = new Map<string, Draw>();
  private readonly decoding = new Set<string>();

  /** Has `draw` called with each picture of a call until the function that is returned is called. */
  follow(callId: string, draw: Draw): () => void {
    this.canvases.set(callId, draw);
    return () => {
      if (this.canvases.get(callId) === draw) this.canvases.delete(callId);
    };
  }

  /** One picture of a call at a time is decoded; another that comes meanwhile is passed over. */
  async show(callId: string, jpeg: Uint8Array<ArrayBuffer>): Promise<void> {
    if (!this.canvases.has(callId) || this.decoding.has(callId)) return;
    this.decoding.add(callId);
    try {
      const picture = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
      this.canvases.get(callId)?.(picture);
      picture.close();
    } catch {
      // A picture that cannot be read is one picture less; the next comes in a second.
    } finally {
      this.decoding.delete(callId);
    }
  }
}

/** Whether anything of the customer's picture may be looked at: they agreed that their face or hands are read. */
export function mayBeSeen({ purposes }: CallSummary): boolean {
  return purposes.includes("expression") || purposes.includes("gesture");
}
