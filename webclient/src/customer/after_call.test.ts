import { afterEach, describe, expect, it, vi } from "vitest";
import { type Claim, OwnData, sendSurvey } from "./after_call";
import { lacks } from "./lacking";
import { searchIn } from "./language_switch";
import type { Receipt } from "./service";

const RECEIPT: Receipt = { callId: "c1", token: "receipt", untilMs: 0 };
const OF_CALL: Claim = { kind: "call", ...RECEIPT };
const OF_CUSTOMER: Claim = { kind: "customer", token: "link" };

interface Asked {
  path: string;
  method: string;
  token: string;
  body: unknown;
}

/** Answers every question with what `statuses` say in turn, the last of them for good; null is a network that is away. */
function answering(...statuses: (number | null)[]): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const token = new Headers(init.headers).get("Authorization")?.replace("Bearer ", "") ?? "";
    asked.push({ path, method: init.method ?? "", token, body: init.body ? JSON.parse(String(init.body)) : null });
    const status = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? null;
    if (status === null) throw new TypeError("the network is away");
    return new Response(status === 204 ? null : "{}", { status });
  });
  return asked;
}

afterEach(() => void vi.unstubAllGlobals());

describe("a survey", () => {
  const answer = { score: 4, resolved: null, text: "<b>fine</b>" };

  it("goes out with the call's receipt, as it was answered", async () => {
    const asked = answering(204);
    await sendSurvey(RECEIPT, answer);
    expect(asked).toEqual([{ path: "/api/calls/c1/survey", method: "POST", token: "receipt", body: answer }]);
  });

  it.each([
    [403, "late", "too late"],
    [404, "nothing", "too late"],
    [503, "failed", "try again"],
    [429, "too_many", "try again"],
  ])("that is refused with %i says so", async (status, kind, said) => {
    answering(status);
    const error = await sendSurvey(RECEIPT, answer).catch((error) => error);
    expect([error.kind, error.message]).toEqual([kind, expect.stringContaining(said)]);
  });

  it("that nobody is reached with says so", async () => {
    answering(null);
    await expect(sendSurvey(RECEIPT, answer)).rejects.toThrow("cannot be reached");
  });
});

describe("one's own data", () => {
  it("is saved as a file, all of a customer's by their link", async () => {
    const asked = answering(200);
    const saved: string[] = [];
    const data = new OwnData([OF_CUSTOMER, OF_CALL], (_, name) => saved.push(name));
    await data.download();
    expect(asked.map(({ path, method, token }) => [path, method, token])).toEqual([["/api/me", "GET", "link"]]);
    expect([saved, data.downloaded.value, data.doing.value]).toEqual([["my-data.json"], true, "nothing"]);
  });

  it("is not deleted before that was asked and said yes to", async () => {
    const asked = answering(200);
    const data = new OwnData([OF_CALL], () => {});
    data.askToErase();
    data.keep();
    data.askToErase();
    expect([asked, data.doing.value]).toEqual([[], "asking"]);
    await data.erase();
    expect(asked.map(({ path, method }) => [path, method])).toEqual([["/api/calls/c1/data", "DELETE"]]);
    expect(data.certificate.value).not.toBeNull();
  });

  it("is the call's alone once the link has run out, and nothing is done to it unasked", async () => {
    const asked = answering(403, 200);
    const data = new OwnData([OF_CUSTOMER, OF_CALL], () => {});
    data.askToErase();
    await data.erase();
    expect([data.claim.value, data.linkIsOver.value, data.certificate.value]).toEqual([OF_CALL, true, null]);
    expect([data.problem.value, data.doing.value, asked.length]).toEqual([expect.stringContaining("run out"), "nothing", 1]);
    await data.erase();
    expect(asked[1]?.path).toBe("/api/calls/c1/data");
  });

  it("cannot be had any more once the receipt has run out, too", async () => {
    answering(403);
    const data = new OwnData([OF_CALL], () => {});
    await data.download();
    expect([data.claim.value, data.linkIsOver.value]).toEqual([null, false]);
    expect(data.problem.value).toContain("time for this is over");
  });

  it("can be asked for again where it could not be reached", async () => {
    answering(503, 200);
    const saved: string[] = [];
    const data = new OwnData([OF_CALL], (_, name) => saved.push(name));
    await data.download();
    expect([data.problem.value, saved]).toEqual([expect.stringContaining("try again"), []]);
    await data.download();
    expect([data.problem.value, saved]).toEqual([null, ["my-data.json"]]);
  });
});

describe("a browser that lacks something", () => {
  const all = { secure: true, connection: true, devices: true, sound: true };

  it("is told nothing where it has all", () => expect(lacks(all)).toEqual([]));

  it("makes no call without WebRTC, nor without sound", () => {
    expect(lacks({ ...all, connection: false })).toEqual([{ grave: true, text: expect.stringContaining("WebRTC") }]);
    expect(lacks({ ...all, sound: false })[0]?.grave).toBe(true);
  });

  it("calls in writing over http, and is told why", () => {
    const [lack, ...more] = lacks({ ...all, secure: false, devices: false });
    expect([lack?.grave, more]).toEqual([false, []]);
    expect(lack?.text).toMatch(/https.*in writing/);
  });

  it("calls in writing where it gives out no devices", () => {
    expect(lacks({ ...all, devices: false })).toEqual([{ grave: false, text: expect.stringContaining("write to the agent") }]);
  });
});

describe("the other language", () => {
  it("is asked for by the address, which keeps everything else", () => {
    expect(searchIn("zh", "")).toBe("?lang=zh");
    expect(searchIn("en", "?shop=3&lang=zh-CN")).toBe("?shop=3&lang=en");
  });
});
