// Holds the parts of a call's tracks that are about to be drawn; of an hour's call a minute or two at a time.
import { signal } from "@preact/signals";
import { lastBefore } from "../ui/last_before";
import type { TracksPart } from "./service";

export const MOST_PARTS = 12;
/** So many parts after the one that is drawn are fetched before they are needed. */
const AHEAD = 2;
const TRY_AGAIN_MS = 3_000;
/** A frame is shown until another one comes, but no longer. */
const HOLDS_S = 1;

export interface DrawnPart {
  part: "face" | "left" | "right";
  /** x, y, x, y … in 1 / `scale` of the picture's width and height. */
  points: Int16Array;
}

export class TrackStore {
  /** Rises when a part has come, so that what is drawn is drawn anew. */
  readonly arrived = signal(0);
  /** Why a part did not come. */
  readonly fault = signal<string | null>(null);
  scale = 2048;
  private readonly held = new Map<number, TracksPart>();
  private readonly awaited = new Set<number>();

  constructor(
    private readonly startsS: readonly number[],
    private readonly mediaBeganS: number,
    private readonly fetch: (part: number) => Promise<TracksPart>,
  ) {}

  get size(): number {
    return this.held.size;
  }

  /** What is to be drawn at a time of the call: nothing where nobody was seen; null while it is fetched. */
  at(atS: number): DrawnPart[] | null {
    const here = Math.max(0, lastBefore(this.startsS, atS));
    for (let part = here; part <= here + AHEAD; part++) this.want(part);
    const part = this.held.get(here);
    if (!part) return this.startsS.length === 0 ? [] : null;
    const mediaMs = (atS - this.mediaBeganS) * 1000;
    const place = lastBefore(part.mediaMs, mediaMs);
    const frame = part.head.frames[place];
    if (!frame || mediaMs - frame.media_ms > HOLDS_S * 1000) return [];
    let begin = part.begins[place] ?? 0;
    return frame.parts.map(({ part: name, points }) => {
      const end = begin + 2 * points;
      const drawn = { part: name, points: part.points.subarray(begin, end) };
      begin = end;
      return drawn;
    });
  }

  private want(part: number): void {
    const found = this.held.get(part);
    if (found) {
      // The one that was used last goes last.
      this.held.delete(part);
      this.held.set(part, found);
    }
    if (found || part >= this.startsS.length || this.awaited.has(part)) return;
    this.awaited.add(part);
    void this.fetch(part).then(
      (fetched) => this.take(part, fetched),
      (fault: Error) => {
        this.fault.value = fault.message;
        setTimeout(() => this.awaited.delete(part), TRY_AGAIN_MS);
      },
    );
  }

  private take(part: number, fetched: TracksPart): void {
    this.awaited.delete(part);
    this.scale = fetched.head.scale;
    this.held.set(part, fetched);
    const oldest = this.held.keys().next().value;
    if (this.held.size > MOST_PARTS && oldest !== undefined) this.held.delete(oldest);
    this.fault.value = null;
    this.arrived.value++;
  }
}
