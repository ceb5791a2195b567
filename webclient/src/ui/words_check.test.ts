import { describe, expect, it } from "vitest";
import { faultsIn, literalsIn } from "./words_check";

describe("the check of words", () => {
  it("sees a literal that is left in a view", () => {
    const view = '<p class="small" title="Say it">\n  Hello there.\n</p>; const label = "Try again"; <b>{open ? "Open now" : words.no}</b>';
    expect(literalsIn(view)).toEqual(["Say it", "Try again", "Open now", "Hello there."]);
  });

  it("sees what is missing, English, or left from writing", () => {
    const english = { tag: "en", title: "Calls", no: "No", count: (n: number) => `${n} calls` };
    const chinese = { tag: "zh-Hans", title: "Calls", count: (_: number, two: { x?: string }) => `${two.x} 个` };
    expect(faultsIn(english, english)).toHaveLength(3);
    expect(faultsIn(english, chinese)).toEqual(["/no: in one language alone", "/title: Calls", "/count: undefined 个"]);
  });
});
