import { describe, expect, it } from "vitest";
import { faultsIn, literalsIn } from "../ui/words_check";
import view from "./app.tsx?raw";
import { LANGUAGES, refusalInWords } from "./words";

describe("the words of signing in", () => {
  it("are the same ones in each language, with no English in the Chinese ones", () => {
    expect(faultsIn(LANGUAGES.en, LANGUAGES.zh)).toEqual([]);
  });

  it("are all in their file: the view holds none of its own", () => {
    expect(literalsIn(view)).toEqual([]);
  });
});

describe("a refusal", () => {
  it("is a sentence in the page's language", () => {
    expect(refusalInWords({ kind: "wait", seconds: 30 }, LANGUAGES.en)).toBe("Too many tries. Wait 30 s, then try again.");
    expect(refusalInWords({ kind: "wait", seconds: 30 }, LANGUAGES.zh)).toContain("30");
    expect(refusalInWords({ kind: "wrong" }, LANGUAGES.zh)).toBe("用户名、密码或验证码不正确。");
    expect(refusalInWords({ kind: "nobody", ways: [] }, LANGUAGES.en)).toBeNull();
  });
});
