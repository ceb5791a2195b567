// A line that breaks is replaced, until it stands again, the call is gone, or it makes no sense any more.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HeldLine, type LineNews, type Standing } from "./held_line";
import { LineError } from "./line";

type Ending = "up" | "gone" | "unreachable";

class FakeLine {
  dropped = false;

  constructor(
    readonly news: LineNews,
    private readonly ending: Ending,
  ) {}

  async connect(): Promise<void> {
    if (this.ending !== "up") throw new LineError(this.ending, this.ending);
  }

  drop(): void {
    this.dropped = true;
  }
}

/** A held line whose connections end as `endings` says, the last one for ever; and what it told. */
function holding(...endings: Ending[]) {
  const lines: FakeLine[] = [];
  const told: (Standing | string)[] = [];
  const dial = (news: LineNews) => {
    const line = new FakeLine(news, endings[Math.min(lines.length, endings.length - 1)] ?? "up");
    lines.push(line);
    return line;
  };
  const held = new HeldLine(dial, {
    onStanding: (standing) => told.push(standing),
    onBack: () => told.push("back"),
    onOver: (reason) => told.push(reason),
  });
  return { held, lines, told };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("document", new EventTarget());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a held line", () => {
  it("is replaced when it is lost, the old one let go first", async () => {
    const { held, lines, told } = holding("up");
    await held.connect();
    lines[0]?.news.onLost();
    await vi.advanceTimersByTimeAsync(10);
    expect(told).toEqual(["lost", "good", "back"]);
    expect(lines.map(({ dropped }) => dropped)).toEqual([true, false]);
    held.release();
  });

  it("is left alone while it is unsteady for a moment only", async () => {
    const { held, lines, told } = holding("up");
    await held.connect();
    lines[0]?.news.onUnsteady(true);
    await vi.advanceTimersByTimeAsync(2_000);
    lines[0]?.news.onUnsteady(false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told).toEqual(["unsteady", "good"]);
    expect(lines).toHaveLength(1);
    held.release();
  });

  it("is replaced when it stays unsteady", async () => {
    const { held, lines, told } = holding("up");
    await held.connect();
    lines[0]?.news.onUnsteady(true);
    await vi.advanceTimersByTimeAsync(4_100);
    expect(told).toEqual(["unsteady", "lost", "good", "back"]);
    held.release();
  });

  it("asks again while the agent is not reached, and at once when the network is back", async () => {
    const { held, lines, told } = holding("up", "unreachable", "unreachable", "up");
    await held.connect();
    lines[0]?.news.onLost();
    await vi.advanceTimersByTimeAsync(1_100);
    expect(lines).toHaveLength(3);
    window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(10);
    expect(lines).toHaveLength(4);
    expect(told).toEqual(["lost", "good", "back"]);
    held.release();
  });

  it("ends when the agent knows the call no more", async () => {
    const { held, lines, told } = holding("up", "gone");
    await held.connect();
    lines[0]?.news.onLost();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual(["lost", "not_resumed"]);
    expect(lines).toHaveLength(2);
  });

  it("ends when nothing is reached for a minute and a half", async () => {
    const { held, lines, told } = holding("up", "unreachable");
    await held.connect();
    lines[0]?.news.onLost();
    await vi.advanceTimersByTimeAsync(89_000);
    expect(told).toEqual(["lost"]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual(["lost", "connection_failed"]);
  });

  it("does nothing more once it is released, whatever its line says", async () => {
    const { held, lines, told } = holding("up");
    await held.connect();
    held.release();
    lines[0]?.news.onLost();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([]);
    expect(lines).toHaveLength(1);
  });
});
