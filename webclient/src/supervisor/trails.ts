// How the valence of each call went over the last minutes, as far as this page has seen it.
import type { CallSummary } from "../wire/messages";

export const TRAIL_S = 180;
const MOST_POINTS = 60;

export interface TrailPoint {
  atS: number;
  valence: number | null;
}

/** Belongs to the desk; holds no more than `MOST_POINTS` of each live call. */
export class Trails {
  private readonly points = new Map<string, TrailPoint[]>();

  of(callId: string): readonly TrailPoint[] {
    return this.points.get(callId) ?? [];
  }

  note(call: CallSummary, nowS: number): void {
    const trail = this.points.get(call.call_id) ?? [];
    if (trail.length > 0 && trail.at(-1)!.valence === call.valence) return;
    trail.push({ atS: nowS, valence: call.valence });
    // The point before the span still says where the line comes from.
    while (trail.length > MOST_POINTS || (trail.length > 1 && trail[1]!.atS < nowS - TRAIL_S)) trail.shift();
    this.points.set(call.call_id, trail);
  }

  keepOnly(live: ReadonlySet<string>): void {
    for (const callId of this.points.keys()) if (!live.has(callId)) this.points.delete(callId);
  }
}

/** A stepped line in a box of `width` by `height` that ends now; broken where nothing was known. */
export function trailPath(trail: readonly TrailPoint[], nowS: number, width: number, height: number): string {
  const x = (atS: number) => (Math.max(0, 1 - (nowS - atS) / TRAIL_S) * width).toFixed(1);
  const y = (valence: number) => (((1 - valence) / 2) * height).toFixed(1);
  let path = "";
  trail.forEach(({ atS, valence }, at) => {
    if (valence === null) return;
    const until = trail[at + 1]?.atS ?? nowS;
    const joined = at > 0 && trail[at - 1]!.valence !== null;
    path += `${joined ? "L" : "M"}${x(atS)} ${y(valence)}L${x(until)} ${y(valence)}`;
  });
  return path;
}
