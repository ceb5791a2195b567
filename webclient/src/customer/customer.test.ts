import { describe, expect, it } from "vitest";
import type { Caption } from "../wire/messages";
import { type Line, withCaption, withTyped } from "./conversation";
import { cameraConstraints, deviceProblems } from "./devices";
import { meterLevel } from "./loudness";

function caption(id: string, text: string, more: Partial<Caption> = {}): Caption {
  const rest = { because: [], told_because: [], because_seqs: [], translation: "", translation_language: "" };
  return { type: "caption", id, speaker: "customer", text, final: false, ...rest, ...more };
}

describe("the conversation", () => {
  it("lets a later caption of the same id replace the earlier one where it stands", () => {
    let lines: Line[] = withCaption([], caption("u1", "where is"));
    lines = withCaption(lines, caption("a1", "Hello", { speaker: "agent", final: true }));
    lines = withCaption(lines, caption("u1", "where is my order", { final: true }));
    expect(lines.map(({ text, final }) => [text, final])).toEqual([
      ["where is my order", true],
      ["Hello", true],
    ]);
  });

  it("takes a line away whose words turned out to be none", () => {
    const lines = withCaption(withCaption([], caption("u1", "mm")), caption("u1", "", { final: true }));
    expect(lines).toEqual([]);
  });

  it("marks what was written, so that it stays while captions are hidden", () => {
    const lines = withTyped(withCaption([], caption("u1", "spoken")), "t1", "written");
    expect(lines.map(({ typed }) => typed)).toEqual([false, true]);
  });

  it("keeps the newest lines of a call that never ends", () => {
    let lines: Line[] = [];
    for (let index = 0; index < 400; index++) lines = withCaption(lines, caption(`u${index}`, `line ${index}`));
    expect(lines.length).toBe(300);
    expect(lines.at(-1)?.text).toBe("line 399");
  });
});

describe("devices", () => {
  it("ask for four by three at the rate that the agent wants", () => {
    expect(cameraConstraints({ fps: 10, widthPx: 320 })).toEqual({
      width: { ideal: 320, max: 320 },
      height: { ideal: 240 },
      frameRate: { ideal: 10 },
    });
  });

  it("say what stands in the way and what still works", () => {
    expect(deviceProblems({})).toEqual([]);
    expect(deviceProblems({ camera: "NotAllowedError" })[0]).toContain("blocked");
    expect(deviceProblems({ camera: "NotFoundError" })[0]).toContain("go on with your voice alone");
    expect(deviceProblems({ microphone: "NotReadableError" })[0]).toContain("in use by another program");
    expect(deviceProblems({ microphone: "SomethingNew" })[0]).toContain("go on in writing");
  });

  it("say it once when neither can be had, and offer no voice to who has no microphone", () => {
    expect(deviceProblems({ camera: "NotAllowedError", microphone: "NotAllowedError" })).toEqual([
      "Camera and microphone are blocked. Allow them in the browser's address bar and press “Try again”. You can go on in writing.",
    ]);
    const [microphone, camera] = deviceProblems({ camera: "NotFoundError", microphone: "NotAllowedError" });
    expect(microphone).toContain("in writing");
    expect(camera).toBe("The camera is not to be found. Plug one in, or turn it on, and press “Try again”.");
  });
});

describe("the level meter", () => {
  it("rises with loudness between silence and full scale", () => {
    expect(meterLevel(0)).toBe(0);
    expect(meterLevel(1)).toBe(1);
    expect(meterLevel(0.01)).toBeGreaterThan(meterLevel(0.005));
  });
});
