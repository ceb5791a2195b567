import { describe, expect, it } from "vitest";
import type { Sentence } from "../wire/messages";
import { inChinese, plainly, roomInWords, said, sentencesOf } from "./sentences";
import { phrases, sentences, whole } from "./sentences/zh";

function told(code: string, values: Sentence["values"], words = "in English"): Sentence {
  return { words, code, values };
}

describe("what the agent writes for staff", () => {
  it("stands in Chinese on a Chinese page, with its figures and the names that pages know", () => {
    expect(inChinese(told("low_affect", { seconds: "8", percent: "60" }))).toBe("情绪低落已 8 秒，每次的把握至少 60%");
    expect(inChinese(told("sign_answers", { gesture: "thumbs up" }))).toBe("在等待客户回答是或否时，客户竖大拇指");
    const why = { situation: "the complaint escalates", sign: ["a question", "waving"], effect: "spoken shorter and more slowly" };
    expect(inChinese(told("situation_as", why))).toBe("客户越来越不满（提问、挥手），所以说得更短、更慢");
    expect(inChinese(plainly("the customer asked for a person"))).toBe("客户要求转人工");
  });

  it("stays in English, and is marked so, where it is not known or names what is not known", () => {
    for (const strange of [
      plainly("something else"),
      plainly("constructor"),
      told("never_heard_of", {}),
      told("held", {}),
      told("unsure", { intent: "buy_a_boat", percent: "40" }),
      told("understood", { means: "the wish for a boat", percent: "40" }),
    ]) {
      expect(said(strange, "zh")).toEqual({ text: strange.words, lang: "en" });
    }
  });

  it("stands as the agent wrote it on an English page", () => {
    expect(said(told("held", { seconds: "60" }, "on hold for 60 s"), "en")).toEqual({ text: "on hold for 60 s" });
    expect([roomInWords("archive", "en"), roomInWords("archive", "zh"), roomInWords("cellar", "zh")]).toEqual(["archive", "存档", "cellar"]);
  });

  it("comes as plain words from calls that were kept before it had codes", () => {
    expect(sentencesOf(["on hold for 60 s"], [])).toEqual([plainly("on hold for 60 s")]);
    expect(sentencesOf(["a"], [told("held", { seconds: "60" })])).toEqual([told("held", { seconds: "60" })]);
  });

  it("says nothing in English alone", () => {
    const all = [sentences, whole, ...Object.values(phrases)].flatMap((list) => Object.values(list));
    const foreign = all.filter((text) => /[a-z]/i.test(text.replace(/\{\w+\}/g, "")) && !/\p{Script=Han}/u.test(text));
    expect([all.length > 100, foreign]).toEqual([true, []]);
  });
});
