import { describe, expect, it } from "vitest";
import type { AnalysedFrame } from "../wire/messages";
import { ANALYSIS_GONE_MS, BARE_AFTER_MS, comesAfter, type Frame, FrameMeeting, HOLD_MS } from "./frame_meeting";

class TestFrame implements Frame {
  closed = false;
  constructor(
    readonly rtp: number,
    readonly arrivedMs: number,
  ) {}
  close() {
    this.closed = true;
  }
}

function read(rtp: number): AnalysedFrame {
  const header = { call_id: "c", frame_id: rtp, captured_at: 0, media_ms: 0, age_ms: 0, width_px: 640, height_px: 480 };
  return { ...header, rtp_timestamp: rtp, faces: [], hands: [], stage_ms: {} };
}

/** A meeting to which analysis is known to be alive. */
function meeting(): FrameMeeting<TestFrame> {
  const fresh = new FrameMeeting<TestFrame>(0);
  fresh.know(read(0), 0);
  return fresh;
}

describe("frames and what was read of them", () => {
  it("shows a frame with what was read of it, as soon as that is known", () => {
    const frames = meeting();
    frames.put(new TestFrame(3000, 10));
    expect(frames.take(10)).toBeNull();
    frames.know(read(3000), 45);
    const shown = frames.take(45);
    expect([shown?.frame.rtp, shown?.overlay?.rtp_timestamp]).toEqual([3000, 3000]);
  });

  it("passes over a frame that proves not to have been analysed, without waiting out its time", () => {
    const frames = meeting();
    const skipped = new TestFrame(3000, 10);
    frames.put(skipped);
    frames.put(new TestFrame(6000, 43));
    frames.know(read(6000), 80);
    expect(frames.take(80)?.overlay?.rtp_timestamp).toBe(6000);
    expect(skipped.closed).toBe(true);
  });

  it("never draws over another frame: what stands too long goes on bare", () => {
    const frames = meeting();
    frames.put(new TestFrame(0, 1));
    expect(frames.take(1)?.overlay).not.toBeNull();
    frames.put(new TestFrame(3000, 2));
    expect(frames.take(2 + HOLD_MS)).toBeNull();
    const shown = frames.take(3 + HOLD_MS);
    expect(HOLD_MS).toBeGreaterThan(BARE_AFTER_MS);
    expect([shown?.frame.rtp, shown?.overlay]).toEqual([3000, null]);
  });

  it("does not hold the picture up when nothing is analysed, or nothing is to be drawn", () => {
    const frames = meeting();
    frames.put(new TestFrame(3000, ANALYSIS_GONE_MS + 1));
    expect(frames.take(ANALYSIS_GONE_MS + 1)?.frame.rtp).toBe(3000);
    const plain = meeting();
    plain.put(new TestFrame(3000, 1));
    expect(plain.take(1, true)?.frame.rtp).toBe(3000);
  });

  it("counts on where 32 bits wrap", () => {
    expect(comesAfter(100, 2 ** 32 - 100)).toBe(true);
    expect(comesAfter(2 ** 32 - 100, 100)).toBe(false);
    const frames = meeting();
    frames.know(read(2 ** 32 - 3000), 5);
    frames.put(new TestFrame(0, 10));
    frames.put(new TestFrame(3000, 40));
    expect(frames.take(40)?.frame.rtp).toBe(0);
    expect(frames.take(41)).toBeNull();
  });

  it("gives each frame out once or closes it, however many come", () => {
    const frames = meeting();
    const all = [...Array(100).keys()].map((number) => new TestFrame(number * 3000 + 1, number));
    for (const frame of all) frames.put(frame);
    frames.clear();
    expect(all.every(({ closed }) => closed)).toBe(true);
    expect(frames.take(10_000)).toBeNull();
  });
});
