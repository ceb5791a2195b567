import { describe, expect, it } from "vitest";
import { faultsIn, literalsOf } from "../ui/words_check";
import { en } from "./words/en";
import { zh } from "./words/zh";

describe("the words of the supervisors' page", () => {
  it("are the same ones in each language, with no English in the Chinese ones", () => {
    expect(faultsIn(en, zh)).toEqual([]);
  });

  it("are all in the words' files: no view holds one of its own", () => {
    const views = import.meta.glob<string>("./*.tsx", { query: "?raw", import: "default", eager: true });
    expect(Object.keys(views).length).toBeGreaterThan(20);
    expect(literalsOf(views)).toEqual([]);
  });

  it("count as each language does", () => {
    expect([en.picture.faces(0), en.picture.faces(1), en.picture.hands(2)]).toEqual(["no faces", "1 face", "2 hands"]);
    expect([zh.picture.faces(0), zh.picture.faces(1), zh.picture.hands(2)]).toEqual(["没有人脸", "1 张人脸", "2 只手"]);
    expect([en.wall.shown(3, en.wall.calls(20)), zh.wall.shown(3, zh.wall.calls(20))]).toEqual(["3 of 20 calls shown", "共 20 路通话，显示 3 路"]);
  });
});
