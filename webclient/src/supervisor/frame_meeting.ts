// Where frames of a forwarded picture meet what was read of them, so that nothing is ever drawn over another frame.
import type { AnalysedFrame } from "../wire/messages";

/** A frame waits no longer than this for what was read of it. */
export const HOLD_MS = 400;
/** When nothing was read for this long, frames do not wait at all. */
export const ANALYSIS_GONE_MS = 1000;
/** Frames that were not analysed are passed over, unless there was no other for this long: the picture must not stand. */
export const BARE_AFTER_MS = 250;
const MOST_HELD = 16;
const MOST_KNOWN = 64;

export interface Frame {
  /** RTP time at which the customer's side sent it. */
  readonly rtp: number;
  readonly arrivedMs: number;
  close(): void;
}

export interface Shown<F extends Frame> {
  frame: F;
  /** Null where this frame was not analysed, or nobody knows it yet. */
  overlay: AnalysedFrame | null;
}

/** Whether the RTP time `one` comes after `other`; they count modulo 2^32. */
export function comesAfter(one: number, other: number): boolean {
  const ahead = (one - other) >>> 0;
  return ahead !== 0 && ahead < 2 ** 31;
}

/** Owns the frames that it holds: each is given out once, or closed. Times are of one clock that only goes on. */
export class FrameMeeting<F extends Frame> {
  private held: F[] = [];
  private readonly known = new Map<number, AnalysedFrame>();
  private newest: number | null = null;
  private exactMs = Number.NEGATIVE_INFINITY;

  /** `readMs`: when something was read last, or may be thought to have been. */
  constructor(private readMs: number) {}

  /** Takes a frame; they come in the order of their times. */
  put(frame: F): void {
    this.held.push(frame);
    if (this.held.length > MOST_HELD) this.held.shift()?.close();
  }

  /** What was read of a frame; this, too, comes in order. */
  know(overlay: AnalysedFrame, nowMs: number): void {
    this.known.set(overlay.rtp_timestamp, overlay);
    this.newest = overlay.rtp_timestamp;
    this.readMs = nowMs;
    for (const [first] of this.known) {
      if (this.known.size <= MOST_KNOWN) break;
      this.known.delete(first);
    }
  }

  /** The frame to show now, or null to leave what is shown. `plain` says that overlays are not wanted. */
  take(nowMs: number, plain = false): Shown<F> | null {
    let shown: Shown<F> | null = null;
    for (let frame = this.held[0]; frame; frame = this.held[0]) {
      const overlay = this.known.get(frame.rtp) ?? null;
      if (!overlay && !plain && !this.waitsInVain(frame, nowMs)) break;
      this.held.shift();
      if (overlay || plain || (!shown?.overlay && nowMs - this.exactMs > BARE_AFTER_MS)) {
        shown?.frame.close();
        shown = { frame, overlay };
      } else {
        frame.close();
      }
    }
    if (shown?.overlay) this.exactMs = nowMs;
    return shown;
  }

  /** Forgets everything, as when the picture comes from somewhere else. */
  clear(): void {
    for (const frame of this.held) frame.close();
    this.held = [];
    this.known.clear();
    this.newest = null;
  }

  private waitsInVain(frame: F, nowMs: number): boolean {
    if (nowMs - this.readMs > ANALYSIS_GONE_MS || nowMs - frame.arrivedMs > HOLD_MS) return true;
    return this.newest !== null && comesAfter(this.newest, frame.rtp);
  }
}
