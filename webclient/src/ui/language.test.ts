import { describe, expect, it } from "vitest";
import { inThisLanguage, languageOf, pageLocale, sameLanguage, writtenAs } from "./language";

describe("the reader's language", () => {
  it("is what the page's address says, or else what the browser prefers", () => {
    expect(pageLocale("?lang=zh", "de-AT")).toBe("zh");
    expect(pageLocale("", "zh-Hans-CN")).toBe("zh-CN");
  });

  it("is English where what is said is no language", () => {
    expect(pageLocale("?lang=klingon!", "en-US@posix")).toBe("en");
    expect(pageLocale("", "C.UTF-8")).toBe("en");
  });

  it("is understood in any region, and by an agent that understands all", () => {
    expect(sameLanguage("en", "en-GB")).toBe(true);
    expect(sameLanguage("auto", "zh-CN")).toBe(true);
    expect(sameLanguage("en", "zh-CN")).toBe(false);
  });
});

describe("the language of a page", () => {
  it("is Chinese to who reads any Chinese, and English to everybody else", () => {
    expect(["zh", "zh-TW", "ZH-cn", "en-GB", "de", ""].map(languageOf)).toEqual(["zh", "zh", "zh", "en", "en", "en"]);
  });

  it("goes along to the next page where the address asked for it", () => {
    expect(inThisLanguage("/history", "?lang=zh&next=/x")).toBe("/history?lang=zh");
    expect(inThisLanguage("/signin?next=/x", "?lang=zh")).toBe("/signin?next=/x&lang=zh");
    expect(inThisLanguage("/history", "?next=/x")).toBe("/history");
  });

  it("has its dates written as its reader does, where that is the same language", () => {
    expect([writtenAs("en", "en-GB"), writtenAs("en", "de-AT"), writtenAs("zh", "zh-TW")]).toEqual(["en-GB", "en", "zh-Hans"]);
  });
});
