import { describe, expect, it } from "vitest";
import type { Alert, CallSummary } from "../wire/messages";
import { feelingInWords } from "./call_tile";
import { choices, EVERYTHING, language, need, ordered, passes } from "./need";
import { levelInWords } from "./service_strip";
import { TRAIL_S, trailPath, Trails } from "./trails";
import { byUrgency, reasonsOf, signalsInWords, unseen } from "./urgency";

function call(call_id: string, rest: Partial<CallSummary> = {}): CallSummary {
  return {
    call_id,
    state: "speaking",
    started_at: 0,
    state_since: 0,
    locale: "en-GB",
    purposes: [],
    domain: "retail",
    affect: "unknown",
    valence: null,
    trend: "unknown",
    last_intent: null,
    degraded: false,
    ended_because: null,
    ...rest,
  } as CallSummary;
}

function alert(rest: Partial<Alert> = {}): Alert {
  const evidence = [{ words: "nobody spoke for 45 s", code: "silence", values: { seconds: "45" }, at: 1, seqs: [] }];
  return { id: "a", call_id: "a", kind: "silence", urgent: false, since: 1, evidence, acknowledged_by: null, acknowledged_at: null, ...rest };
}

describe("who comes first on the wall", () => {
  const needs = (points: Record<string, number>) => new Map(Object.entries(points));

  it("is who needs it clearly more, and small differences move nothing", () => {
    expect(ordered(["a", "b"], needs({ a: 0, b: 60 }), false)).toEqual(["b", "a"]);
    expect(ordered(["a", "b"], needs({ a: 0, b: 5 }), false)).toEqual(["a", "b"]);
  });

  it("does not move while somebody reads it, but takes in and lets go", () => {
    expect(ordered(["a", "b", "gone"], needs({ a: 0, b: 60, c: 90 }), true)).toEqual(["a", "b", "c"]);
  });

  it("is stable: the same needs give the same order again", () => {
    const points = needs({ a: 3, b: 40, c: 0, d: 41, e: 12, f: 100 });
    const once = ordered([], points, false);
    expect(ordered(once, points, false)).toEqual(once);
    expect(once[0]).toBe("f");
    expect([...once].sort()).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  it("weighs an alert by its kind, urgency, and whether somebody sees to it", () => {
    const asked = need(call("a"), [alert({ kind: "person_asked" })]);
    expect(asked).toBeGreaterThan(need(call("a"), [alert()]));
    expect(need(call("a"), [alert({ kind: "person_asked", urgent: true })])).toBeGreaterThan(asked);
    expect(need(call("a"), [alert({ kind: "person_asked", acknowledged_by: "ada" })])).toBeLessThan(asked);
    expect(need(call("a", { valence: -0.8, trend: "falling" }), [])).toBeGreaterThan(need(call("a", { valence: 0.5 }), []));
  });
});

describe("filters", () => {
  it("let through what fits all of them", () => {
    const returning = call("4f9a", { last_intent: "return_item", locale: "zh-CN" });
    expect(passes(returning, [], EVERYTHING)).toBe(true);
    expect(passes(returning, [], { ...EVERYTHING, intent: "return_item", language: "zh", search: " 4F9 " })).toBe(true);
    expect(passes(returning, [], { ...EVERYTHING, alertsOnly: true })).toBe(false);
    expect(passes(returning, [], { ...EVERYTHING, search: "77" })).toBe(false);
  });

  it("offer each value once", () => {
    expect(choices([call("a"), call("b", { locale: "zh-CN" }), call("c", { locale: "en-US" })], language)).toEqual(["en", "zh"]);
  });
});

describe("alerts", () => {
  it("come with those that nobody sees to first, urgent before others, then the oldest", () => {
    const list = [alert({ id: "old", since: 1, acknowledged_by: "ada" }), alert({ id: "b", since: 3 }), alert({ id: "a", since: 2 }), alert({ id: "u", since: 9, urgent: true })];
    expect(byUrgency(list).map(({ id }) => id)).toEqual(["u", "a", "b", "old"]);
    expect(unseen(list)).toHaveLength(3);
  });

  it("say each reason once, with the signals that it rests on", () => {
    const failed = { words: "orders said failed", code: "tool_failed", values: { tool: "orders" } };
    const evidence = [{ ...failed, at: 1, seqs: [] }, { ...failed, at: 2, seqs: [4, 5] }];
    expect(reasonsOf(alert({ evidence })).map(({ words }) => words)).toEqual(["orders said failed"]);
    expect(signalsInWords(alert({ evidence }))).toBe(" (signals 4, 5)");
    expect(signalsInWords(alert())).toBe("");
  });
});

describe("a call's trail", () => {
  it("keeps a bounded number of points of live calls alone", () => {
    const trails = new Trails();
    for (let second = 0; second < 100_000; second++) trails.note(call("a", { valence: second % 2 }), second / 10);
    trails.note(call("gone"), 1);
    expect(trails.of("a").length).toBeLessThanOrEqual(60);
    trails.keepOnly(new Set(["a"]));
    expect(trails.of("gone")).toEqual([]);
  });

  it("is broken where nothing was known, and ends now", () => {
    const points = [{ atS: 0, valence: 1 }, { atS: TRAIL_S / 2, valence: null }];
    expect(trailPath(points, TRAIL_S, 100, 10)).toBe("M0.0 0.0L50.0 0.0");
    expect(trailPath([{ atS: TRAIL_S / 2, valence: -1 }], TRAIL_S, 100, 10)).toBe("M50.0 10.0L100.0 10.0");
  });
});

describe("words of the wall", () => {
  it("claim nothing that is not known", () => {
    expect(feelingInWords({ affect: "unknown", trend: "falling" })).toBe("affect not known");
    expect(feelingInWords({ affect: "sadness", trend: "falling" })).toBe("sadness, falling");
    expect(levelInWords({ customers: 0, in_time: 0, given_up: 0 })).toBe("–");
    expect(levelInWords({ customers: 8, in_time: 6, given_up: 1 })).toBe("75 %");
  });
});
