import { describe, expect, it } from "vitest";
import { faultsIn, literalsOf } from "../ui/words_check";
import { eventInWords } from "./words";
import { en } from "./words/en";
import { zh } from "./words/zh";

describe("the words of past calls", () => {
  it("are the same ones in each language, with no English in the Chinese ones", () => {
    expect(faultsIn(en, zh)).toEqual([]);
  });

  it("are all in the words' files: no view holds one of its own", () => {
    const views = import.meta.glob<string>("./*.tsx", { query: "?raw", import: "default", eager: true });
    expect(Object.keys(views).length).toBeGreaterThan(10);
    expect(literalsOf(views)).toEqual([]);
  });

  it("tell an event by what it is, and a card by its own title", () => {
    expect(eventInWords({ kind: "gesture", label: "thumbs_up" })).toBe("thumbs up");
    expect(eventInWords({ kind: "scene", label: "anxious" })).toBe("fears for a deadline");
    expect(eventInWords({ kind: "alert_seen_to", label: "low_affect" })).toBe("seems unhappy");
    expect(eventInWords({ kind: "alert_over", label: "low_affect" })).toBe("seems unhappy");
    expect(eventInWords({ kind: "card", label: "退货单 R_1" })).toBe("退货单 R_1");
    expect(eventInWords({ kind: "taken_over", label: "a person took over" })).toBe("a person took over");
  });

  it("tell what was agreed to later, and what was taken back", () => {
    expect(eventInWords({ kind: "consent", label: "yes to replay, no to text_emotion" })).toBe("yes to replay, no to text emotion");
    expect(eventInWords({ kind: "consent", label: "of another form" })).toBe("of another form");
  });
});
