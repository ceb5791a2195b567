import { describe, expect, it } from "vitest";
import { faultsIn, literalsIn } from "../ui/words_check";
import view from "./app.tsx?raw";
import { LANGUAGES } from "./words";

describe("the words of the page on speech recognition", () => {
  it("are the same ones in each language, with no English in the Chinese ones", () => {
    expect(faultsIn(LANGUAGES.en, LANGUAGES.zh)).toEqual([]);
  });

  it("are all in their file: the view holds none of its own", () => {
    expect(literalsIn(view)).toEqual([]);
  });
});
