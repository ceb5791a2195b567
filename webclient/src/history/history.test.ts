import { describe, expect, test, vi } from "vitest";
import type { CallStory, Estimate, Series } from "../wire/history";
import { readAt } from "./label_panel";
import { lastBefore } from "../ui/last_before";
import { Player, obeyKey } from "./player";
import { addressOf, readTracks, type TracksPart } from "./service";
import { columns } from "./timeline";
import { MOST_PARTS, TrackStore } from "./track_store";
import { momentsOf, timeOf } from "./transcript";
import { average, clock, noReplay, share } from "./words";

/** A part of tracks as the agent sends it: ten frames a second of one point that goes right. */
function part(fromS: number, seconds: number): ArrayBuffer {
  const frames = Array.from({ length: seconds * 10 }, (_, place) => ({ media_ms: (fromS + place / 10) * 1000, parts: [{ part: "left", points: 1 }] }));
  let head = JSON.stringify({ type: "tracks", scale: 100, frames });
  if (head.length % 2) head += " ";
  const bytes = new TextEncoder().encode(head);
  const buffer = new ArrayBuffer(4 + bytes.length + frames.length * 4);
  new DataView(buffer).setUint32(0, bytes.length, true);
  new Uint8Array(buffer, 4, bytes.length).set(bytes);
  const points = new DataView(buffer, 4 + bytes.length);
  frames.forEach((_, place) => {
    points.setInt16(4 * place, place, true);
    points.setInt16(4 * place + 2, -1, true);
  });
  return buffer;
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

describe("a replay's clock", () => {
  test("runs at its speed, stops at the end, and begins anew from there", () => {
    vi.stubGlobal("requestAnimationFrame", () => 1);
    vi.stubGlobal("cancelAnimationFrame", () => undefined);
    const player = new Player(10);
    player.speed.value = 4;
    player.play();
    player.advance(200);
    expect(player.at.value).toBeCloseTo(0.8);
    player.seek(99);
    expect(player.at.value).toBe(10);
    player.advance(200);
    expect(player.playing.value).toBe(false);
    player.play();
    expect([player.at.value, player.playing.value]).toEqual([0, true]);
  });

  test("does not leap ahead when its page was hidden", () => {
    const player = new Player(100);
    player.advance(60_000);
    expect(player.at.value).toBeLessThan(1);
  });

  test("obeys its keys and no others", () => {
    const player = new Player(100);
    expect(["ArrowRight", "ArrowRight", "ArrowLeft", ".", "x"].map((key) => obeyKey(player, key))).toEqual([true, true, true, true, false]);
    expect([player.at.value, player.speed.value]).toEqual([5, 1.5]);
    for (let press = 0; press < 9; press++) obeyKey(player, ",");
    expect(player.speed.value).toBe(0.5);
  });

  test.each([[[], 1, -1], [[1, 2, 3], 0.5, -1], [[1, 2, 3], 2, 1], [[1, 2, 3], 9, 2]])("the last of %j before %d is at %d", (times, at, place) => {
    expect(lastBefore(times, at)).toBe(place);
  });
});

describe("tracks", () => {
  test("are read as they were sent, and nothing else is", () => {
    const { head, points, begins } = readTracks(part(0, 1));
    expect([head.frames.length, points[2], points[3], begins[1]]).toEqual([10, 1, -1, 2]);
    expect(() => readTracks(new ArrayBuffer(3))).toThrow("cannot be drawn");
    expect(() => readTracks(part(0, 1).slice(0, 40))).toThrow("cannot be drawn");
  });

  test("of an hour are held a few parts at a time, and shown on the call's clock", async () => {
    const starts = Array.from({ length: 360 }, (_, place) => place * 10 + 0.5);
    const asked: number[] = [];
    const fetch = async (place: number): Promise<TracksPart> => {
      asked.push(place);
      return readTracks(part(place * 10, 10));
    };
    const store = new TrackStore(starts, 0.5, fetch);
    expect(store.at(1)).toBeNull();
    await settled();
    expect(store.at(1)?.map(({ part: name, points }) => [name, points[0]])).toEqual([["left", 5]]);
    expect(asked).toEqual([0, 1, 2]);
    for (let at = 0; at < 3600; at += 10) {
      store.at(at);
      await settled();
    }
    expect(store.size).toBeLessThanOrEqual(MOST_PARTS);
    expect(new Set(asked).size).toBe(360);
  });

  test("that do not come are said, and none are nobody", async () => {
    const store = new TrackStore([0], 0, () => Promise.reject(new Error("The agent cannot be reached.")));
    store.at(0);
    await settled();
    expect(store.fault.value).toBe("The agent cannot be reached.");
    expect(new TrackStore([], 0, () => Promise.reject(new Error())).at(3)).toEqual([]);
  });
});

const SERIES = {
  type: "series",
  affect: { at_s: [0, 1, 9], valence: [0.1, null, 0.3], arousal: [0, 0, 0], frustration: [null, 0.5, 0.5], label: ["neutral", "unknown", "happiness"] },
  expression: { at_s: [4, 5], label: ["anger", "neutral"], confidence: [0.8, 0.7], reason: [null, null] },
  voice: { at_s: [], speaking: [], energy_db: [], pitch_hz: [] },
  scene: { at_s: [], label: [] },
} satisfies Series;

const STORY = {
  lines: [
    { at_s: 2, who: "customer", text: "<b>hi</b>", typed: true, intent: "greeting", slots: {}, because: [], told_because: [] },
    { at_s: 3, who: "agent", text: "Hello.", typed: false, intent: null, slots: {}, because: [], told_because: [] },
  ],
  events: [{ at_s: 2.5, kind: "gesture", label: "thumbs_up", confidence: 0.9, detail: "", told_detail: [] }],
} satisfies Pick<CallStory, "lines" | "events">;

describe("a call that is told again", () => {
  test("has a gap in its lines where nothing was known", () => {
    expect(columns(SERIES)).toEqual([[0, 1, 2, 9], [0.1, null, null, 0.3], [0, 0, null, 0], [null, 0.5, null, 0.5]]);
  });

  test("has its lines and events in order", () => {
    expect(momentsOf(STORY).map(timeOf)).toEqual([2, 2.5, 3]);
    const felt = { at_s: 2, kind: "text_emotion", label: "joy", confidence: 0.8, detail: "", told_detail: [] };
    expect(momentsOf({ ...STORY, events: [felt] }).map((moment) => "line" in moment)).toEqual([false, true, true]);
  });

  test("can be labelled as what was read shortly before", () => {
    expect(readAt(STORY, SERIES, 5)).toEqual([
      { kind: "emotion", read: "neutral", atS: 5 },
      { kind: "gesture", read: "thumbs_up", atS: 2.5 },
      { kind: "intent", read: "greeting", atS: 2 },
    ]);
    expect(readAt(STORY, SERIES, 60)).toEqual([]);
    expect(readAt(STORY, SERIES, 1)).toEqual([]);
  });

  test("says why there is nothing to draw", () => {
    expect(noReplay({ state: "kept", starts_s: [0], media_began_s: 0 })).toBeNull();
    const reasons = (["not_agreed", "taken_back", "gone"] as const).map((state) => noReplay({ state, starts_s: [], media_began_s: 0 }));
    expect(new Set(reasons).size).toBe(3);
  });
});

describe("figures", () => {
  const sure: Estimate = { n: 10, value: 0.5, low: 0.237, high: 0.763 };

  test("say how sure they are, and of one call nothing but its value", () => {
    expect(share(sure)).toBe("50 % (24–76 %)");
    expect(average({ n: 1, value: 4, low: 1, high: 5 })).toBe("4.0");
    expect([share(null), average(null)]).toEqual(["–", "–"]);
  });

  test("times are those of a clock", () => {
    expect([0, 65.9, 3_661].map(clock)).toEqual(["0:00", "1:05", "1:01:01"]);
  });

  test("addresses leave out what was not chosen", () => {
    expect(addressOf("calls", { intent: "", domain: null, from_at: 0, before: undefined, limit: 5 })).toBe("/api/history/calls?from_at=0&limit=5");
  });
});
