import { describe, expect, it } from "vitest";
import { keptMs, Mouth, outline, REST } from "./mouth";

/** A mouth that was told `shapes` at 1000 ms, 100 ms before their sound is heard. */
function told(shapes: ("open" | "closed" | "round")[], at_ms: number[]): Mouth {
  const mouth = new Mouth();
  mouth.delayMs = 100;
  mouth.take({ shapes, at_ms }, 1_000);
  return mouth;
}

/** The lips that a mouth comes to when it is drawn every 10 ms from one moment to another. */
function drawn(mouth: Mouth, fromMs: number, toMs: number, loudness = 0) {
  let lips = mouth.at(fromMs, loudness);
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 10) lips = mouth.at(nowMs, loudness);
  return lips;
}

describe("the mouth", () => {
  it("has each shape when its sound is heard, not when it was told", () => {
    const mouth = told(["closed", "open"], [0, 200]);
    expect([1_050, 1_150, 1_299, 1_300].map((nowMs) => mouth.shapeAt(nowMs))).toEqual(["rest", "closed", "closed", "open"]);
  });

  it("opens on its way from shape to shape, and rests when speech stops, once the last of it was heard", () => {
    const mouth = told(["open"], [0]);
    expect(drawn(mouth, 1_000, 1_080).open).toBeLessThan(0.05);
    expect(drawn(mouth, 1_100, 1_500).open).toBeGreaterThan(0.7);
    mouth.take({ shapes: [], at_ms: [] }, 1_500);
    expect(drawn(mouth, 1_500, 1_590).open).toBeGreaterThan(0.7);
    expect(drawn(mouth, 1_600, 2_000).open).toBeLessThan(0.05);
  });

  it("keeps what is still on its way to the ear when the next clause is told", () => {
    const mouth = told(["round"], [0]);
    mouth.take({ shapes: ["open"], at_ms: [0] }, 1_050);
    expect([1_120, 1_160].map((nowMs) => mouth.shapeAt(nowMs))).toEqual(["round", "open"]);
  });

  it("follows the sound of a voice that does not tell", () => {
    expect(drawn(new Mouth(), 0, 500, 0.9).open).toBeGreaterThan(0.6);
    expect(drawn(new Mouth(), 0, 500, 0.05)).toEqual(REST);
  });

  it("is drawn as a closed line of numbers", () => {
    expect(outline({ width: 1, open: 1 }, 100, 100, 60)).toMatch(/^M70\.00 100\.00C[-\d. ]+C[-\d. ]+Z$/);
  });
});

describe("how long sound is kept", () => {
  const stats = (jitterBufferDelay: number, jitterBufferEmittedCount: number) =>
    ({ jitterBufferDelay, jitterBufferEmittedCount }) as unknown as RTCStats;

  it("is the mean over what came out between two reports", () => {
    expect(keptMs(undefined, stats(4.8, 48_000))).toBeCloseTo(0.1);
    expect(keptMs(stats(100, 48_000), stats(4_900, 96_000))).toBeCloseTo(100);
  });

  it("is not known where nothing came out or the browser does not tell", () => {
    expect(keptMs(stats(1, 10), stats(1, 10))).toBeNull();
    expect(keptMs(undefined, {} as RTCStats)).toBeNull();
  });
});
