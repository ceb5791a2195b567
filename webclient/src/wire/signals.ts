// Signals as the agent sends them: one envelope, one value a kind. Mirrors agent/core/signals.py.

interface Envelope {
  call_id: string;
  seq: number;
  confidence: number | null;
  valid: boolean;
  /** Why it is not valid. */
  reason: string | null;
  frame_id: number;
  /** Unix time of the capture, in seconds, on the agent's clock. */
  captured_at: number;
  captured_error_ms: number;
  captured_from: string;
  media_ms: number;
  /** From capture to publication. */
  age_ms: number;
  sources: string[];
}

export interface FaceBox {
  track_id: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface FaceSignal extends Envelope {
  kind: "face";
  value: {
    faces: FaceBox[];
    yaw_deg: number | null;
    pitch_deg: number | null;
    roll_deg: number | null;
    attention: "screen" | "away" | "unknown";
    away_share: number | null;
    look_aways_per_min: number | null;
    eyes_closed: boolean | null;
    /** Since this face was first seen. */
    blinks: number | null;
    blinks_per_min: number | null;
    mouth_talks: boolean | null;
    /** A hint: "still" is a face that has not moved within itself for long, as a photograph. */
    liveness: "moving" | "still" | "unknown";
  };
}

export interface ExpressionSignal extends Envelope {
  kind: "expression";
  value: {
    /** Most probable expression, or "unknown" when the evidence does not carry one. */
    label: string;
    probabilities: Record<string, number>;
    valence: number | null;
    arousal: number | null;
    proxy: boolean;
    /** How far this picture was trusted, 0 to 1. */
    weight: number | null;
    /** How far the probabilities were shifted by what this customer's resting face looks like, 0 to 1. */
    adapted: number;
  };
}

export interface GestureSignal extends Envelope {
  kind: "gesture";
  value: { name: string; hand: "left" | "right" | null; dynamic: boolean };
}

export interface VoiceSignal extends Envelope {
  kind: "voice";
  value: { speaking: boolean; energy_db: number; pitch_hz: number | null };
}

export interface VoiceEmotionSignal extends Envelope {
  kind: "voice_emotion";
  value: {
    utterance_id: number | null;
    /** What the utterance sounded like most, or "unknown" when none is sure enough. */
    label: string;
    probabilities: Record<string, number>;
    proxy: boolean;
  };
}

export interface TranscriptSignal extends Envelope {
  kind: "transcript";
  value: { utterance_id: number; text: string; final: boolean; language: string };
}

export interface IntentSignal extends Envelope {
  kind: "intent";
  value: { label: string; out_of_scope: boolean; slots: Record<string, string>; utterance_id: number | null };
}

export interface AffectSignal extends Envelope {
  kind: "affect";
  value: {
    label: string;
    valence: number | null;
    arousal: number | null;
    trend: "rising" | "falling" | "steady" | "unknown";
    /** Share of the last seconds for which there was evidence, 0 to 1. */
    coverage: number;
    /** The emotion in the voice where it contradicts the face, which `label` is of. */
    conflict: string | null;
  };
}

export interface TurnSignal extends Envelope {
  kind: "turn";
  value: { holder: "customer" | "agent" | "nobody"; barge_in: boolean };
}

export interface HealthSignal extends Envelope {
  kind: "health";
  value: {
    state: "good" | "degraded";
    reasons: string[];
    /** How far the call is degraded to stay within its budget, "full" when not at all. */
    rung: string;
    /** Unix time at which that rung was entered; null where it was always the same. */
    rung_since: number | null;
    analysed_fps: number | null;
    /** Camera frames since the call began: "received", "analysed", and those that were not by why. */
    frames: Record<string, number>;
  };
}

export type Signal =
  | FaceSignal
  | ExpressionSignal
  | GestureSignal
  | VoiceSignal
  | VoiceEmotionSignal
  | TranscriptSignal
  | IntentSignal
  | AffectSignal
  | TurnSignal
  | HealthSignal;

/** The eight classes of FER+, in its order. */
export const EXPRESSIONS = [
  "neutral",
  "happiness",
  "surprise",
  "sadness",
  "anger",
  "disgust",
  "fear",
  "contempt",
] as const;
