import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InLine, LinkRejected, type OpenedCall, openCall, type Place, ServiceError } from "./service";
import { openInTurn } from "./waiting";

const CALL = { callId: "c1" } as OpenedCall;

/** An agent that answers each request with the next of `answers`: a position in line, an error, or null for a call. */
function agent(...answers: (number | Error | null)[]) {
  const shown: (string | undefined)[] = [];
  const open = async (place?: string) => {
    shown.push(place);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    if (typeof answer === "number") throw new InLine({ token: "mine", position: answer, waitS: null, askAgainMs: 30_000 });
    return CALL;
  };
  return { open, shown };
}

describe("waiting in line", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("does not happen where a line is free", async () => {
    const { open, shown } = agent(null);
    expect(await openInTurn(open, () => {}, new AbortController().signal)).toBe(CALL);
    expect(shown).toEqual([undefined]);
  });

  it("keeps its place by showing it, tells each position, and ends with a call", async () => {
    const { open, shown } = agent(3, 2, 1, null);
    const places: Place[] = [];
    const call = openInTurn(open, (place) => places.push(place), new AbortController().signal);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await call).toBe(CALL);
    expect(shown).toEqual([undefined, "mine", "mine", "mine"]);
    expect(places.map(({ position }) => position)).toEqual([3, 2, 1]);
  });

  it("asks no more once the line is left", async () => {
    const { open, shown } = agent(1, 1, 1, null);
    const leaving = new AbortController();
    const call = openInTurn(open, () => {}, leaving.signal).catch((error) => error.name);
    await vi.advanceTimersByTimeAsync(5_000);
    leaving.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await call).toBe("AbortError");
    expect(shown.length).toBe(2);
  });

  it("bears a network that fails for a moment, and no longer", async () => {
    const gone = () => new ServiceError("unreachable", "gone");
    const once = agent(1, gone(), null);
    const call = openInTurn(once.open, () => {}, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await call).toBe(CALL);
    expect(once.shown).toEqual([undefined, "mine", "mine"]);

    const lasting = agent(1, gone(), gone(), gone(), null);
    const lost = openInTurn(lasting.open, () => {}, new AbortController().signal).catch((error) => error.kind);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await lost).toBe("unreachable");
  });

  it("bears being one of many in its network, and asks again", async () => {
    const { open, shown } = agent(1, new ServiceError("too_many", "later"), 1, null);
    const call = openInTurn(open, () => {}, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await call).toBe(CALL);
    expect(shown).toEqual([undefined, "mine", "mine", "mine"]);
  });

  it("stops at what is no line: a notice that has changed", async () => {
    const { open, shown } = agent(2, new ServiceError("notice_changed", "read again"));
    const call = openInTurn(open, () => {}, new AbortController().signal).catch((error) => error.kind);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await call).toBe("notice_changed");
    expect(shown.length).toBe(2);
  });
});

describe("a busy agent", () => {
  afterEach(() => void vi.unstubAllGlobals());

  function answering(body: unknown, headers: Record<string, string> = {}) {
    const sent: unknown[] = [];
    vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
      sent.push(JSON.parse(String(init.body)));
      return new Response(JSON.stringify(body), { status: 503, headers });
    });
    return sent;
  }

  it("gives a place, which goes with the next request", async () => {
    const sent = answering({ place: "p7", position: 2 }, { "Retry-After": "12" });
    const error = await openCall({ choice: "agree", also: [] }, "v1", "en", { place: "p7" }).catch((error) => error);
    expect(error).toBeInstanceOf(InLine);
    expect(error.place).toEqual({ token: "p7", position: 2, waitS: null, askAgainMs: 12_000 });
    expect(error.message).toContain("number 2");
    expect(sent).toEqual([{ choice: "agree", also: [], consent_version: "v1", locale: "en", place: "p7" }]);
  });

  it("whose line is full, too, says when to come back", async () => {
    answering({ detail: "no" }, { "Retry-After": "300" });
    const error = await openCall({ choice: "agree", also: [] }, "v1", "en").catch((error) => error);
    expect(error).not.toBeInstanceOf(InLine);
    expect(error.message).toContain("5 minutes");
  });
});

describe("a link that is not good", () => {
  afterEach(() => void vi.unstubAllGlobals());

  async function refused(body: unknown): Promise<LinkRejected> {
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status: 403 }));
    const agreed = { choice: "agree" as const, also: [] };
    return openCall(agreed, "v1", "en", { customer: "t" }).then(Promise.reject, (error) => error);
  }

  it("is explained, with what to do", async () => {
    expect((await refused({ reason: "expired", guests: false })).message).toContain("has run out");
    expect((await refused({ reason: "used", guests: false })).message).toContain("good for one call");
    expect((await refused({ reason: "needed", guests: false })).message).toContain("sign in at the website");
  });

  it("lets the customer call as a guest only where guests are taken", async () => {
    const taken = await refused({ reason: "used", guests: true });
    expect([taken.guests, taken.message.includes("as a guest")]).toEqual([true, true]);
    const not = await refused({ reason: "used", guests: false });
    expect([not.guests, not.message.includes("as a guest")]).toEqual([false, false]);
  });

  it("is still explained where the reason is a new one, and is not blamed for what is none", async () => {
    expect((await refused({ reason: "eclipse" })).message).toContain("not complete or not right");
    expect((await refused({ detail: "come by https" })).message).toContain("not accepted (403)");
  });
});
