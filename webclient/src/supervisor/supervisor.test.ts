import { describe, expect, it } from "vitest";
import { HAND_BONES } from "../ui/hand_bones";
import type { AffectSignal, AffectValue, Caption, PictureHeader, TranscriptSignal, VoiceEmotionSignal } from "../wire/messages";
import { backoffMs } from "./feed";
import { faceRect, gestureLabel, labelPlace, pictureInWords, pointAt } from "./overlay";
import { currentOnly, currentStages, partialWords, percentile, withCaption, withPicture, withSignal, watching } from "./watched";
import { changeInWords, levelInWords } from "./affect_levels";
import { utteranceInWords } from "./utterance_emotion_panel";

const ENVELOPE = {
  call_id: "c",
  seq: 0,
  confidence: 0.9,
  valid: true,
  reason: null,
  frame_id: 1,
  captured_at: 100,
  captured_error_ms: 1,
  captured_from: "sender",
  media_ms: 0,
  age_ms: 20,
  sources: [],
};

function affect(at: number, label: string, valence: number | null): AffectSignal {
  const value = { label, valence, arousal: valence, trend: "steady", coverage: 0.5, conflict: null } as AffectValue;
  return { ...ENVELOPE, kind: "affect", captured_at: at, value };
}

function transcript(text: string, final: boolean): TranscriptSignal {
  return { ...ENVELOPE, kind: "transcript", value: { utterance_id: 1, text, final, language: "en" } };
}

function tone(label: string, rest: Partial<VoiceEmotionSignal> = {}): VoiceEmotionSignal {
  const value = { utterance_id: 1, label, probabilities: {}, proxy: true };
  return { ...ENVELOPE, confidence: 0.31, ...rest, kind: "voice_emotion", value };
}

describe("the emotion of an utterance", () => {
  const toneInWords = (signal: VoiceEmotionSignal | null, agoS: number) => utteranceInWords(signal, agoS, "Often wrong");

  it("says how sure it is, how long ago it was heard, and that it is a weak sign", () => {
    expect(toneInWords(tone("anger"), 4.2)).toBe("31 % likely, 4 s ago. Often wrong");
  });

  it("says why it is not known, and never passes that off as an emotion", () => {
    expect(toneInWords(null, 0)).toBe("Nothing said yet");
    expect(toneInWords(tone("unknown", { valid: false, reason: "too noisy" }), 2)).toBe("too noisy, 2 s ago");
    expect(toneInWords(tone("unknown", { confidence: null }), 2)).toBe("No emotion stood out, 2 s ago");
  });

  it("stays on the screen between utterances, unlike what is renewed all the time", () => {
    const watched = withSignal(watching("c"), tone("anger"), 1_000);
    expect(currentOnly(watched, 20_000).voice_emotion).not.toBeNull();
  });
});

describe("what goes with affect", () => {
  it("has a word for each level, and none for one that cannot be told", () => {
    expect([null, 0, 0.32, 0.5, 0.66, 1].map(levelInWords)).toEqual(["–", "low", "low", "some", "high", "high"]);
  });

  it("says a change for the better or worse, and since when", () => {
    const changed = (changed: string | null, changed_s: number | null) => changeInWords({ changed, changed_s } as AffectValue);
    expect(changed(null, null)).toBeNull();
    expect(changed("worse", 12.4)).toBe("worse since 12 s");
    expect(changed("better", null)).toBe("better");
  });
});

describe("the overlay", () => {
  const size = { width: 320, height: 240 };

  it("scales boxes from fractions and points from ten-thousandths", () => {
    const face = { track_id: 1, box: [0.25, 0.5, 0.5, 0.25] as [number, number, number, number], points: [], pose_deg: null, gaze: null };
    expect(faceRect(face, size)).toEqual({ x: 80, y: 120, width: 160, height: 60 });
    expect(pointAt([0, 0, 5000, 10000], 1, size)).toEqual({ x: 160, y: 240 });
    expect(pointAt([0, 0, 5000], 1, size)).toBeNull();
  });

  it("joins all 21 landmarks of a hand, and each joint only with ones that exist", () => {
    const joined = new Set(HAND_BONES.flat());
    expect([...joined].sort((a, b) => a - b)).toEqual([...Array(21).keys()]);
  });

  it("puts a label above the hand and never outside the picture", () => {
    const label = { width: 60, height: 20 };
    expect(labelPlace([5000, 5000, 5000, 9000], label, size)).toEqual({ x: 130, y: 92 });
    expect(labelPlace([0, 0], label, size)).toEqual({ x: 0, y: 0 });
    expect(labelPlace([10000, 10000], label, size)).toEqual({ x: 260, y: 212 });
  });

  it("names gestures, but not the hand that shows none", () => {
    expect(gestureLabel({ gesture: "thumbs_up", probability: 0.914 })).toBe("thumbs up 91 %");
    expect(gestureLabel({ gesture: "none", probability: 0.99 })).toBeNull();
  });

  it("says in words what the picture shows", () => {
    const hand = { side: "left", gesture: "ok", probability: 1, points: [] };
    const header = { faces: [{}], hands: [hand, { ...hand, gesture: "none" }] } as unknown as PictureHeader;
    expect(pictureInWords(header)).toBe("Live picture: 1 face, 2 hands (ok 100 %)");
    expect(pictureInWords({ ...header, faces: [], hands: [] })).toBe("Live picture: no faces, no hands");
  });
});

describe("the watched call", () => {
  it("does not pass off as current what has not been renewed", () => {
    const watched = withSignal(watching("c"), affect(100, "calm", 0.4), 1_000);
    expect(currentOnly(watched, 3_900).affect).not.toBeNull();
    expect(currentOnly(watched, 4_100).affect).toBeNull();
  });

  it("shows partial words until a caption does", () => {
    const caption = { type: "caption", id: "u", speaker: "customer", text: "where is", final: false, because: [], told_because: [] } as unknown as Caption;
    let watched = withSignal(watching("c"), transcript("where is", false), 0);
    expect(partialWords(watched)).toBe("where is");
    watched = withCaption(watched, caption);
    expect(partialWords(watched)).toBeNull();
    expect(partialWords(withSignal(watching("c"), transcript("where is it", true), 0))).toBeNull();
  });

  it("shows what was said in two languages once it is translated", () => {
    const said = { type: "caption", id: "u", speaker: "customer", text: "在哪里", final: true, because: [], told_because: [] } as unknown as Caption;
    let watched = withCaption(watching("c"), { ...said, translation: "", translation_language: "" });
    expect(watched.lines[0]?.translation).toBeUndefined();
    watched = withCaption(watched, { ...said, translation: "Where is it", translation_language: "en" });
    expect(watched.lines).toHaveLength(1);
    expect(watched.lines[0]?.translation).toEqual({ text: "Where is it", language: "en" });
  });

  it("gathers the stages of each picture and its age", () => {
    const header = { age_ms: 14, stage_ms: { face_mesh: 1.5 } } as unknown as PictureHeader;
    let watched = withPicture(watching("c"), header, 10);
    watched = withPicture(watched, { ...header, age_ms: 16, stage_ms: { face_mesh: 2.5 } }, 20);
    expect(watched.stages).toEqual({ face_mesh: { receivedMs: 20, recentMs: [1.5, 2.5] } });
    expect(watched.freshness.picture).toEqual({ receivedMs: 20, ageMs: 16, recentAgesMs: [14, 16] });
  });
});

describe("the stages of perception", () => {
  it("come in the order of a frame's way, without those that are no longer run", () => {
    const header = (stage_ms: Record<string, number>) => ({ age_ms: 1, stage_ms }) as unknown as PictureHeader;
    let watched = withPicture(watching("c"), header({ expression: 2, face_mesh: 1 }), 0);
    watched = withPicture(watched, header({ anew: 3, hand: 4, queued: 0.1 }), 2_500);
    const names = (nowMs: number) => currentStages(watched, nowMs).map(([name]) => name);
    expect(names(2_500)).toEqual(["queued", "face_mesh", "expression", "hand", "anew"]);
    expect(names(4_000)).toEqual(["queued", "hand", "anew"]);
  });
});

describe("figures", () => {
  it("take percentiles by nearest rank", () => {
    expect(percentile([], 0.95)).toBeNull();
    expect(percentile([5], 0.5)).toBe(5);
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
    expect(percentile([4, 1, 3, 2], 0.95)).toBe(4);
  });
});

describe("coming back after a break", () => {
  it("waits longer each time, up to a bound, and never twice the same for all", () => {
    expect(backoffMs(0, 0)).toBe(250);
    expect(backoffMs(0, 0.5)).toBe(375);
    expect(backoffMs(3, 1)).toBe(4_000);
    expect(backoffMs(50, 1)).toBe(10_000);
  });
});
