import { describe, expect, it } from "vitest";
import type { Caption, IntentSignal, Signal } from "../wire/messages";
import { lastBefore } from "../ui/last_before";
import { byMinute, eventsNear, MOST_EVENTS, MOST_POINTS, Timeline } from "./timeline";
import { feltInWords } from "./transcript_panel";
import { withCaption, withSharedPicture, withSignal, watching } from "./watched";

function signal(kind: Signal["kind"], captured_at: number, value: object, rest: object = {}): Signal {
  const envelope = { call_id: "c", seq: 0, confidence: 0.9, valid: true, reason: null, frame_id: 1, captured_error_ms: 1 };
  return { ...envelope, captured_from: "sender", media_ms: 0, age_ms: 20, sources: [], captured_at, kind, value, ...rest } as unknown as Signal;
}

const affect = (atS: number, valence: number, label = "calm") => signal("affect", atS, { label, valence, arousal: 0.1 });

describe("the timeline", () => {
  it("breaks the line where nothing was known, instead of drawing a zero", () => {
    const timeline = new Timeline();
    timeline.put(affect(100, 0.4));
    timeline.put(affect(101, 0.4, "unknown"));
    timeline.put({ ...affect(102, 0.2), valid: false });
    expect(timeline.valence).toEqual([0.4, null, null]);
  });

  it("puts what comes together into one point, and keeps what a signal does not tell", () => {
    const timeline = new Timeline();
    timeline.put(affect(100, 0.4));
    timeline.put(signal("voice", 100.2, { speaking: true, energy_db: -35, pitch_hz: null }));
    timeline.put(signal("voice", 101, { speaking: false, energy_db: -70, pitch_hz: null }));
    expect(timeline.atS).toEqual([100, 101]);
    expect(timeline.voice).toEqual([0.5, null]);
    expect(timeline.valence).toEqual([0.4, 0.4]);
  });

  it("marks what happens, once while it lasts", () => {
    const timeline = new Timeline();
    const wave = { name: "thumbs_up", hand: "left", dynamic: false };
    for (const atS of [1, 2, 3]) timeline.put(signal("gesture", atS, wave));
    timeline.put(signal("intent", 4, { label: "return_item", out_of_scope: false, slots: {}, utterance_id: 1 }));
    timeline.put(signal("intent", 5, { label: "return_item", out_of_scope: true, slots: {}, utterance_id: 2 }));
    expect(timeline.events.map(({ words }) => words)).toEqual(["thumbs up", "intent return item", "intent not known"]);
    expect(eventsNear(timeline.events, 4.9, 1).map(({ atS }) => atS)).toEqual([5, 4]);
  });

  it("holds a bounded number of points and events through a whole working day", () => {
    const timeline = new Timeline();
    const intent = { label: "return_item", out_of_scope: false, slots: {}, utterance_id: 1 };
    for (let second = 0; second < 8 * 3600; second++) {
      timeline.put(affect(second, Math.sin(second)));
      timeline.put(signal("voice", second + 0.5, { speaking: second % 2 === 0, energy_db: -30, pitch_hz: null }));
      timeline.put(signal("intent", second, intent));
    }
    for (const column of [timeline.atS, timeline.valence, timeline.arousal, timeline.voice]) {
      expect(column.length).toBeLessThanOrEqual(MOST_POINTS + 512);
    }
    expect(timeline.events).toHaveLength(MOST_EVENTS);
    expect(timeline.atS.at(-1)).toBe(8 * 3600 - 0.5);
  });

  it("finds the point at a moment, and tells each minute in numbers", () => {
    expect([lastBefore([1, 2, 4], 0), lastBefore([1, 2, 4], 3), lastBefore([1, 2, 4], 9)]).toEqual([-1, 1, 2]);
    const timeline = new Timeline();
    for (let atS = 0; atS <= 120; atS += 1) timeline.put(affect(atS, atS <= 60 ? -1 : 1));
    const [last, before] = byMinute(timeline, 5);
    expect([last?.valence, before?.valence]).toEqual([1, -1]);
    expect(byMinute(new Timeline(), 5)).toEqual([]);
  });
});

describe("the transcript", () => {
  const caption = (id: string) => ({ type: "caption", id, speaker: "customer", text: "where is it", final: true, because: [], told_because: [], because_seqs: [], translation: "" }) as unknown as Caption;
  const intent = (utterance_id: number | null) => signal("intent", 1, { label: "order_status", out_of_scope: false, slots: { order: "12" }, utterance_id }) as IntentSignal;

  it("says of each line what was understood of it, and keeps that when the words change", () => {
    let watched = withCaption(watching("c"), caption("said-1"));
    watched = withSignal(watched, intent(1), 0);
    watched = withCaption(watched, { ...caption("said-1"), text: "where is it now" });
    expect(watched.lines[0]?.intent?.value.slots).toEqual({ order: "12" });
    expect(watched.lines[0]?.text).toBe("where is it now");
  });

  it("takes an intent of no utterance for that of the last line that was typed", () => {
    let watched = withCaption(withCaption(watching("c"), caption("chat-1")), caption("chat-2"));
    watched = withSignal(watched, intent(null), 0);
    expect(watched.lines.map((line) => line.intent !== undefined)).toEqual([false, true]);
  });

  it("shows a picture among the lines, once", () => {
    const picture = { type: "shared_picture" as const, call_id: "c", id: "p", url: "/x", width_px: 4, height_px: 3 };
    const watched = withSharedPicture(withSharedPicture(watching("c"), picture), picture);
    expect(watched.lines.map((line) => line.picture?.url)).toEqual(["/x"]);
  });

  it("passes no unclear emotion off as one", () => {
    const tone = (label: string, valid = true) => signal("voice_emotion", 1, { label, utterance_id: 1, probabilities: {}, proxy: true }, { valid, confidence: 0.31 }) as never;
    expect(feltInWords("tone", tone("anger"))).toBe("tone anger, 31 %");
    expect([feltInWords("tone", tone("unknown")), feltInWords("tone", tone("anger", false)), feltInWords("tone", undefined)]).toEqual([null, null, null]);
  });
});
