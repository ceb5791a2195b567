// What is known of the watched call: a value that each signal, caption and picture turns into the next one.
import type { Caption } from "../wire/messages";
import type { PictureHeader } from "../wire/messages";
import type {
  AffectSignal,
  ExpressionSignal,
  FaceSignal,
  GestureSignal,
  HealthSignal,
  IntentSignal,
  SceneSignal,
  Signal,
  TextEmotionSignal,
  TranscriptSignal,
  TurnSignal,
  VoiceEmotionSignal,
  VoiceSignal,
} from "../wire/messages";

/** How far back the affect line reaches. */
export const AFFECT_SPAN_S = 120;
/** How many of the last values percentiles are taken over. */
const RECENT = 150;
const MAX_LINES = 300;

/** When a kind of signal last came, and how old it and its predecessors were on being published. */
export interface Freshness {
  receivedMs: number;
  ageMs: number;
  recentAgesMs: number[];
}

/** When a stage of perception was last run, and how long it and its predecessors took. */
export interface StageTimes {
  receivedMs: number;
  recentMs: number[];
}

export interface AffectPoint {
  /** Capture time in seconds. */
  at: number;
  /** Null where there was no evidence: a gap in the line, not a zero. */
  valence: number | null;
  arousal: number | null;
}

export interface TranscriptLine {
  id: string;
  speaker: Caption["speaker"] | "note";
  text: string;
  final: boolean;
  because: string[];
  /** The same in another language, by a machine; absent while there is none. */
  translation?: { text: string; language: string };
}

export interface Watched {
  callId: string;
  face: FaceSignal | null;
  expression: ExpressionSignal | null;
  gesture: GestureSignal | null;
  voice: VoiceSignal | null;
  voice_emotion: VoiceEmotionSignal | null;
  text_emotion: TextEmotionSignal | null;
  scene: SceneSignal | null;
  transcript: TranscriptSignal | null;
  intent: IntentSignal | null;
  affect: AffectSignal | null;
  turn: TurnSignal | null;
  health: HealthSignal | null;
  affectLine: AffectPoint[];
  lines: TranscriptLine[];
  /** By kind of signal, and "picture". */
  freshness: Record<string, Freshness>;
  /** By stage of perception. */
  stages: Record<string, StageTimes>;
}

export function watching(callId: string): Watched {
  return {
    callId,
    face: null,
    expression: null,
    gesture: null,
    voice: null,
    voice_emotion: null,
    text_emotion: null,
    scene: null,
    transcript: null,
    intent: null,
    affect: null,
    turn: null,
    health: null,
    affectLine: [],
    lines: [],
    freshness: {},
    stages: {},
  };
}

/** `watched` after `signal`, which arrived at `nowMs` of this page's clock. */
export function withSignal(watched: Watched, signal: Signal, nowMs: number): Watched {
  const freshness = { ...watched.freshness, [signal.kind]: fresher(watched.freshness[signal.kind], signal.age_ms, nowMs) };
  const next: Watched = { ...watched, freshness, [signal.kind]: signal };
  return signal.kind === "affect" ? { ...next, affectLine: withAffect(watched.affectLine, signal) } : next;
}

export function withPicture(watched: Watched, header: PictureHeader, nowMs: number): Watched {
  const freshness = { ...watched.freshness, picture: fresher(watched.freshness.picture, header.age_ms, nowMs) };
  const stages = { ...watched.stages };
  for (const [stage, ms] of Object.entries(header.stage_ms)) {
    stages[stage] = { receivedMs: nowMs, recentMs: [...(stages[stage]?.recentMs ?? []), ms].slice(-RECENT) };
  }
  return { ...watched, freshness, stages };
}

/** A caption of an id seen before replaces it; one without words takes it away. */
export function withCaption(watched: Watched, caption: Caption): Watched {
  const { id, speaker, text, final, because } = caption;
  const at = watched.lines.findIndex((line) => line.id === id);
  const line: TranscriptLine = { id, speaker, text, final, because };
  if (caption.translation) line.translation = { text: caption.translation, language: caption.translation_language };
  if (at < 0) return text ? withLine(watched, line) : watched;
  return { ...watched, lines: text ? watched.lines.with(at, line) : watched.lines.toSpliced(at, 1) };
}

export function withNote(watched: Watched, text: string): Watched {
  const id = `note-${watched.lines.length}-${text.length}`;
  return withLine(watched, { id, speaker: "note", text, final: true, because: [] });
}

/** A state that has not been renewed for this long is no longer known. */
export const STALE_MS = 3_000;
const STATES = ["face", "expression", "voice", "affect", "scene"] as const;

/** `watched` without the states that were not renewed lately: what was seen a while ago is not what is. */
export function currentOnly(watched: Watched, nowMs: number): Watched {
  const stale = STATES.filter((kind) => nowMs - (watched.freshness[kind]?.receivedMs ?? nowMs) > STALE_MS);
  return stale.length === 0 ? watched : { ...watched, ...Object.fromEntries(stale.map((kind) => [kind, null])) };
}

/** The order in which a frame goes through the stages; others come after them. */
const STAGES = [
  "queued",
  "convert",
  "face_detection",
  "face_mesh",
  "expression",
  "palm_detection",
  "hand",
  "gesture",
  "preview",
];

/** The stages that were run lately, in the order of a frame's way through them. */
export function currentStages({ stages }: Watched, nowMs: number): [name: string, times: StageTimes][] {
  const place = (name: string) => (STAGES.includes(name) ? STAGES.indexOf(name) : STAGES.length);
  return Object.entries(stages)
    .filter(([, { receivedMs }]) => nowMs - receivedMs <= STALE_MS)
    .sort(([a], [b]) => place(a) - place(b));
}

/** Words still being heard, as long as no caption shows them already. */
export function partialWords(watched: Watched): string | null {
  const heard = watched.transcript;
  if (!heard || heard.value.final || !heard.value.text) return null;
  return watched.lines.some((line) => !line.final && line.speaker === "customer") ? null : heard.value.text;
}

/** The value below which `share` of `values` lie, by the nearest-rank method; null when there are none. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

function withLine(watched: Watched, line: TranscriptLine): Watched {
  return { ...watched, lines: [...watched.lines, line].slice(-MAX_LINES) };
}

function withAffect(line: AffectPoint[], signal: AffectSignal): AffectPoint[] {
  const known = signal.valid && signal.value.label !== "unknown";
  const point: AffectPoint = {
    at: signal.captured_at,
    valence: known ? signal.value.valence : null,
    arousal: known ? signal.value.arousal : null,
  };
  const earlier = line.filter(({ at }) => at < point.at && at >= point.at - AFFECT_SPAN_S);
  return [...earlier, point];
}

function fresher(before: Freshness | undefined, ageMs: number, nowMs: number): Freshness {
  return { receivedMs: nowMs, ageMs, recentAgesMs: [...(before?.recentAgesMs ?? []), ageMs].slice(-RECENT) };
}
