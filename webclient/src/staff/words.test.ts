import { describe, expect, it } from "vitest";
import { faultsIn } from "../ui/words_check";
import { nameOf } from "./names";
import { en as englishNames } from "./names/en";
import { zh as chineseNames } from "./names/zh";
import { elapsed, milliseconds, signed, whoInWords } from "./words";
import { en } from "./words/en";
import { zh } from "./words/zh";

describe("the words of all pages of staff", () => {
  it("are the same ones in each language, in the same order where it counts, with no English in the Chinese ones", () => {

    expect(faultsIn(en, zh)).toEqual([]);
    expect(faultsIn(englishNames, chineseNames)).toEqual([]);
    for (const kind of ["signal", "stage", "rung"] as const) {
      expect(Object.keys(chineseNames[kind])).toEqual(Object.keys(englishNames[kind]));
    }
  });
});

describe("names", () => {
  it("are read as they stand where they are not known, whatever they are", () => {
    expect(nameOf("intent", "return_item")).toBe("return item");
    expect(nameOf("intent", "return_item", chineseNames)).toBe("退货");
    expect(nameOf("scene", "dancing_alone", chineseNames)).toBe("dancing alone");
    expect(nameOf("gesture", "constructor")).toBe("constructor");
  });
});

describe("members of staff", () => {
  it("are called by their names", () => {
    expect([whoInWords("staff:ada"), whoInWords("ada"), whoInWords("staff:by link")]).toEqual(["ada", "ada", "someone by the link"]);
  });
});

describe("figures", () => {
  it("read well", () => {
    expect([0, 59.9, 187, 3729].map(elapsed)).toEqual(["0 s", "59 s", "3:07 min", "1:02:09 h"]);
    expect([0.2, -0.25, null].map(signed)).toEqual(["+0.20", "−0.25", "–"]);
    expect([1.26, 42.4, null].map(milliseconds)).toEqual(["1.3", "42", "–"]);
  });

  it("are written as a Chinese reader has them", () => {
    expect([zh.elapsed(0, 0, 42), zh.elapsed(0, 3, 7), zh.elapsed(1, 2, 9)]).toEqual(["42秒", "3分07秒", "1小时02分09秒"]);
    expect([zh.percent(72), zh.ago("42秒")]).toEqual(["72%", "42秒前"]);
  });
});
