// The agent's drawn mouth: the shapes that its voice tells of, or how loud it is where the voice tells nothing.
import type { MouthMoves } from "../wire/messages";

export type Shape = MouthMoves["shapes"][number];

/** What of a mouth is drawn: its width and how far it is open, both as shares of the largest. */
export interface Lips {
  width: number;
  open: number;
}

/** A mouth that says nothing. */
export const REST: Lips = { width: 0.62, open: 0 };

const LIPS: Record<Shape, Lips> = {
  rest: REST,
  closed: { width: 0.56, open: 0 },
  teeth: { width: 0.62, open: 0.14 },
  narrow: { width: 0.62, open: 0.26 },
  wide: { width: 0.86, open: 0.36 },
  open: { width: 0.72, open: 0.8 },
  round: { width: 0.4, open: 0.5 },
};

/** Lips take about this long from one shape to the next. */
const MOVING_MS = 55;
/** Sound is heard this much after it was sent where the browser does not say how long it keeps it. */
const USUAL_DELAY_MS = 90;

/** Follows what the agent tells of its mouth, timed by the page's clock, or the sound. */
export class Mouth {
  /** How long after a message came its sound is heard. */
  delayMs = USUAL_DELAY_MS;
  /** The voice in use tells its shapes, so that its loudness is not asked. */
  private told = false;
  private moves: { atMs: number; shape: Shape }[] = [];
  private lips = REST;
  private drawnMs = 0;

  /** What the mouth does from now on; nothing where the voice does not tell. */
  take({ shapes, at_ms }: Pick<MouthMoves, "shapes" | "at_ms">, nowMs: number): void {
    const fromMs = nowMs + this.delayMs;
    const before = this.moves.filter(({ atMs }) => atMs < fromMs);
    const next = shapes.map((shape, index) => ({ atMs: fromMs + (at_ms[index] ?? 0), shape }));
    // What was sent is still on its way to the ear, and seen until it has been heard.
    this.moves = [...before.slice(-32), ...(next.length > 0 ? next : [{ atMs: fromMs, shape: "rest" as const }])];
    this.told = next.length > 0;
  }

  /** The lips now, a little on their way from what they were when they were last asked for. */
  at(nowMs: number, loudness: number): Lips {
    const wanted = this.told || this.moves.some(({ atMs }) => atMs > nowMs) ? LIPS[this.shapeAt(nowMs)] : spokenAt(loudness);
    const share = 1 - Math.exp(-Math.min(1_000, nowMs - this.drawnMs) / MOVING_MS);
    this.drawnMs = nowMs;
    this.lips = {
      width: this.lips.width + (wanted.width - this.lips.width) * share,
      open: this.lips.open + (wanted.open - this.lips.open) * share,
    };
    return this.lips;
  }

  /** The shape that the voice has told for a moment. */
  shapeAt(nowMs: number): Shape {
    return this.moves.findLast(({ atMs }) => atMs <= nowMs)?.shape ?? "rest";
  }
}

/** The lips of a voice of which only the loudness is known, 0 to 1. */
function spokenAt(loudness: number): Lips {
  const open = Math.max(0, (loudness - 0.15) / 0.85);
  return { width: REST.width + 0.1 * open, open: 0.85 * open };
}

/** The outline of the lips as the `d` of an SVG path, around (x, y); `span` is the widest mouth. */
export function outline({ width, open }: Lips, x: number, y: number, span: number): string {
  const half = (span * width) / 2;
  // A closed mouth smiles a little.
  const smile = 0.11 * span * (1 - Math.min(1, open * 2));
  const upper = y + smile - open * span * 0.3;
  const lower = y + smile + open * span * 0.62;
  const bend = half * 0.62;
  const at = (...values: number[]) => values.map((value) => value.toFixed(2)).join(" ");
  return (
    `M${at(x - half, y)}C${at(x - bend, upper, x + bend, upper, x + half, y)}` +
    `C${at(x + bend, lower, x - bend, lower, x - half, y)}Z`
  );
}

/** How long a receiver keeps sound before it is heard, measured between two of its reports, if they tell. */
export function keptMs(earlier: RTCStats | undefined, later: RTCStats | undefined): number | null {
  const counted = (stats: RTCStats | undefined) => {
    const { jitterBufferDelay, jitterBufferEmittedCount } = (stats ?? {}) as Record<string, unknown>;
    return typeof jitterBufferDelay === "number" && typeof jitterBufferEmittedCount === "number"
      ? { delayS: jitterBufferDelay, samples: jitterBufferEmittedCount }
      : null;
  };
  const [before, after] = [counted(earlier) ?? { delayS: 0, samples: 0 }, counted(later)];
  if (!after || after.samples <= before.samples) return null;
  return (1_000 * (after.delayS - before.delayS)) / (after.samples - before.samples);
}
