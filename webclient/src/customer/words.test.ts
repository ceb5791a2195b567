import { describe, expect, it } from "vitest";
import { faultsIn, literalsOf } from "../ui/words_check";
import { duration, endingInWords, isFed, linkInWords, onlyHeard, stateInWords } from "./words";
import { en } from "./words/en";
import { zh } from "./words/zh";

describe("the words", () => {
  it("are the same ones in each language, with no English in the Chinese ones, and none left from writing", () => {
    expect(faultsIn(en, zh)).toEqual([]);
  });

  it("are all in the words' files: no view holds one of its own", () => {
    const views = import.meta.glob<string>("./*.tsx", { query: "?raw", import: "default", eager: true });
    expect(Object.keys(views).length).toBeGreaterThan(10);
    expect(literalsOf(views)).toEqual([]);
  });
});

describe("the language of the page", () => {
  it("says so where the agent does not understand it", () => {
    expect(onlyHeard("en", "de-AT", en)).toContain("understands English only, not German");
    expect(onlyHeard("en", "zh-CN", zh)).toContain("只能听懂英语，听不懂中文");
  });

  it("says why a link opens no call, one that nobody foresaw among them", () => {
    expect(linkInWords("expired", false, en)).toMatch(/^Your link has run out/);
    expect(linkInWords("toString", true, zh)).toContain(zh.line.asGuest);
    expect(linkInWords("toString", true, zh)).toContain(zh.line.links.invalid);
  });
});

describe("numbers and times", () => {
  it("are written as the language writes them", () => {
    expect([en.wait(59), en.wait(200), zh.wait(59), zh.wait(200)]).toEqual(["59 seconds", "4 minutes", "59秒钟", "4分钟"]);
    expect([en.waiting.estimate(40), en.waiting.estimate(170)]).toEqual(["Probably less than a minute.", "Probably about 3 minutes."]);
    expect([en.number(1234), zh.number(1234)]).toEqual(["1,234", "1,234"]);
  });

  it("show a call's length in minutes and seconds", () => {
    expect([0, 9_999, 61_000, 3_599_000, -5].map(duration)).toEqual(["0:00", "0:09", "1:01", "59:59", "0:00"]);
  });
});

describe("what the agent's short names mean", () => {
  it("explain an end, also one of a name that is not known here", () => {
    expect(endingInWords("connection_failed").title).toBe("The connection was lost");
    expect(endingInWords("alien_abduction").title).toBe("The call has ended");
    expect(endingInWords("constructor").title).toBe("The call has ended");
    expect(endingInWords(null).title).toBe("The call has ended");
  });

  it("put holding and being taken over before what the agent does", () => {
    expect(stateInWords("speaking", "thinking")).toBe("Thinking…");
    expect(stateInWords("held", "thinking")).toContain("On hold");
  });

  it("call a purpose paused while the device that feeds it is off", () => {
    expect(isFed("expression", false, true)).toBe(false);
    expect(isFed("speech", false, true)).toBe(true);
    expect(isFed("voice_emotion", true, false)).toBe(false);
  });
});
