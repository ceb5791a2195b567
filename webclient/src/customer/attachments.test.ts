import { afterEach, describe, expect, it, vi } from "vitest";
import { failureOf, NotSent, sendPicture } from "./attachments";
import { readableReasons, withPicture, withTyped } from "./conversation";
import { sendsLine } from "./keys";
import { LANGUAGES } from "./words";

const CALL = { callId: "a/b", token: "secret" };

afterEach(() => vi.unstubAllGlobals());

describe("a picture on its way", () => {
  it("is posted to its call with what proves whose it is, and comes back as staff see it", async () => {
    const fetched = vi.fn(async (_path: string, _init: RequestInit) => new Response("made", { status: 201 }));
    vi.stubGlobal("fetch", fetched);
    const made = await sendPicture(CALL, new Blob(["x"], { type: "image/jpeg" }));
    expect(await made.text()).toBe("made");
    const [path, init] = fetched.mock.calls[0] ?? [];
    expect(path).toBe("/api/calls/a%2Fb/pictures");
    expect(init?.headers).toEqual({ Authorization: "Bearer secret", "Content-Type": "image/jpeg" });
  });

  it("fails in words when nobody answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
    await expect(sendPicture(CALL, new Blob())).rejects.toEqual(new NotSent("unreachable"));
  });

  it("fails by what the answer means, in every language", () => {
    const failures = [undefined, 404, 413, 415, 422, 429, 503, 500].map((status) => failureOf(status, "noWords"));
    expect(failures).toEqual(["unreachable", "over", "tooLarge", "noWords", "tooLarge", "tooOften", "tooOften", "unsent"]);
    for (const { chat } of Object.values(LANGUAGES)) {
      for (const failure of failures) expect(chat.failures[failure].length).toBeGreaterThan(4);
    }
  });
});

describe("why something was said", () => {
  it("is shown to who can read it", () => {
    const because = ["the order that you named", "您询问了订单"];
    expect(readableReasons(because, "en")).toEqual(because.slice(0, 1));
    expect(readableReasons(because, "zh-Hans")).toEqual(because.slice(1));
  });
});

describe("what is sent", () => {
  it("stands among what was said, in place of words", () => {
    const lines = withPicture(withTyped([], "t1", "look"), "p1", "blob:1");
    expect(lines.map(({ text, picture }) => [text, picture])).toEqual([
      ["look", undefined],
      ["", "blob:1"],
    ]);
  });

  it("goes out on Enter, but not while characters are being chosen, nor with Shift", () => {
    const key = { key: "Enter", shiftKey: false, isComposing: false };
    expect([key, { ...key, shiftKey: true }, { ...key, isComposing: true }, { ...key, key: "a" }].map((event) => sendsLine(event as KeyboardEvent))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
