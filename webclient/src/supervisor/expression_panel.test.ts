import { describe, expect, it } from "vitest";
import type { ExpressionSignal } from "../wire/messages";
import { trustInWords } from "./expression_panel";

function signal(changes: Partial<ExpressionSignal>): ExpressionSignal {
  const value = { label: "happiness", probabilities: {}, valence: 0, arousal: 0, proxy: true, weight: 0.8, adapted: 0 };
  return { kind: "expression", valid: true, reason: null, confidence: 0.72, value, ...changes } as ExpressionSignal;
}

describe("how far an expression is to be trusted", () => {
  it("says how sure it is, and of how good a picture", () => {
    expect(trustInWords(signal({}))).toBe("72 % sure · picture trusted 80 %");
  });

  it("says why nothing can be told, in words for people", () => {
    expect(trustInWords(signal({ valid: false, reason: "too dark" }))).toBe("Unsure: too dark");
    expect(trustInWords(signal({ valid: false, reason: "budget" }))).toBe("Unsure: there is no time to read pictures");
    expect(trustInWords(null)).toBe("No picture of late carries a clear expression");
  });
});
