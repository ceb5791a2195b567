// What a page shows of a call that it comes back into.
import { describe, expect, it } from "vitest";
import type { Caption } from "../wire/messages";
import { withCaption, withPicture, withRecalled, withTyped } from "./conversation";

function caption(id: string, text: string, speaker: Caption["speaker"] = "agent"): Caption {
  return { type: "caption", id, speaker, text, final: true, because: [], told_because: [], because_seqs: [], translation: "", translation_language: "" };
}

const SAID = [caption("say-1", "Hello."), caption("chat-1", "Where is it?", "customer"), caption("say-2", "On its way.")];

describe("what was said is told again", () => {
  it("to a page that was loaded anew, in its order, and written lines are known as written", () => {
    const lines = withRecalled(withCaption([], SAID[2] as Caption), SAID);
    expect(lines.map(({ id, typed }) => [id, typed])).toEqual([["say-1", false], ["chat-1", true], ["say-2", false]]);
  });

  it("to a page that has what its customer wrote, without saying that twice", () => {
    const before = withTyped(withCaption([], SAID[0] as Caption), "typed-1", "Where is it?");
    expect(withRecalled(before, SAID).map(({ id }) => id)).toEqual(["say-1", "typed-1", "say-2"]);
  });

  it("without taking away a picture that was sent", () => {
    const before = withPicture([], "picture-1", "blob:1");
    expect(withRecalled(before, SAID).map(({ id }) => id)).toEqual(["picture-1", "say-1", "say-2"]);
  });

  it("as often as the connection breaks", () => {
    const once = withRecalled([], SAID);
    expect(withRecalled(once, SAID)).toEqual(once);
  });
});
