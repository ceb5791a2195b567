import { describe, expect, it } from "vitest";
import { answerIn, nextPage, type Refusal } from "./staff";

function refused(status: number, body: unknown, method: "GET" | "POST" = "POST"): Refusal | null {
  const answer = answerIn(status, body, "17", method);
  return "refusal" in answer ? answer.refusal : null;
}

describe("what the agent says of a session", () => {
  it("is who is signed in", () => {
    const who = { name: "ada", role: "admin", way: "password", csrf: "c", expires_at: 1 };
    expect(answerIn(200, who, null, "GET")).toEqual({ who });
    expect(answerIn(200, { ...who, name: null }, null, "POST")).toEqual({ who: { ...who, name: null } });
  });

  it("is why somebody is not in", () => {
    expect(refused(401, { ways: ["password", 3] }, "GET")).toEqual({ kind: "nobody", ways: ["password"] });
    expect(refused(401, { detail: "no" })).toEqual({ kind: "wrong" });
    expect(refused(422, { detail: "too long" })).toEqual({ kind: "wrong" });
    expect(refused(401, { code_wanted: true })).toEqual({ kind: "code_wanted" });
    expect(refused(429, {})).toEqual({ kind: "wait", seconds: 17 });
  });

  it("is taken for nothing but a fault when it is something else", () => {
    for (const body of [null, "x", [], {}, { role: "admin" }, { role: "admin", csrf: 3 }]) {
      expect(refused(200, body)).toEqual({ kind: "unavailable" });
      expect(refused(503, body)).toEqual({ kind: "unavailable" });
    }
  });
});

describe("the page after signing in", () => {
  it("is the one that was asked for, if it is ours", () => {
    expect(nextPage("?next=/transcribe")).toBe("/transcribe");
    expect(nextPage("")).toBe("/supervisor");
  });

  it("is no other site's, however it is written", () => {
    for (const next of ["//evil.example", "https://evil.example", "/\\evil.example", "/%2fevil", "javascript:alert(1)", "/a/b"]) {
      expect(nextPage(`?next=${encodeURIComponent(next)}`)).toBe("/supervisor");
    }
  });
});
