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
