import { describe, expect, it } from "vitest";
import type { HealthSignal } from "../wire/messages";
import { stepInWords } from "./health_view";

function health(rung: string, rung_since: number | null): HealthSignal["value"] {
  return { state: "degraded", reasons: ["load"], faults: [], rung, rung_since, analysed_fps: 12, frames: {} };
}

describe("how far a call is degraded", () => {
  it("is said with its step and since when", () => {
    expect(stepInWords(health("skipped_frames", 1000), 1042)).toBe("skipped frames, step 3 of 6 down, for 42 s");
    expect(stepInWords(health("listening_only", null), 1042)).toBe("listening only, step 6 of 6 down");
  });

  it("is not said while nothing is", () => {
    expect(stepInWords(health("full", 1000), 1042)).toBeNull();
  });

  it("is said of a step that this page does not know, too", () => {
    expect(stepInWords(health("smaller_models", null), 0)).toBe("smaller models");
  });
});
