import { describe, expect, it } from "vitest";
import { faultIn } from "./service";

describe("a refusal", () => {
  it("is read out of OpenAI's form as a sentence", () => {
    expect(faultIn('{"error": {"message": "no valid API key"}}')).toBe("No valid API key.");
  });

  it("says nothing when it is in another form", () => {
    for (const body of ["", "<html>", "[]", '{"error": "x"}', '{"error": {"message": 3}}']) {
      expect(faultIn(body)).toBeNull();
    }
  });
});
