// What is known of the watched call: a value that each signal, caption and picture turns into the next one.
import { names } from "../staff/names";
import { sentencesOf } from "../staff/sentences";
import type { AnalysedFrame, Caption, Sentence, SharedPicture } from "../wire/messages";
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

export interface TranscriptLine {
  id: string;
  speaker: Caption["speaker"] | "note";
  text: string;
  final: boolean;
  because: readonly Sentence[];
  /** Numbers of the signals in `because`. */
  becauseSeqs?: number[];
  /** The same in another language, by a machine; absent while there is none. */
  translation?: { text: string; language: string };
  /** What was understood of the customer's line, once it is. */
  intent?: IntentSignal;
  /** How the words read, and how they sounded. */
  words?: TextEmotionSignal;
  tone?: VoiceEmotionSignal;
  picture?: SharedPicture;
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
    lines: [],
    freshness: {},
    stages: {},
  };
}

/** `watched` after `signal`, which arrived at `nowMs` of this page's clock. */
export function withSignal(watched: Watched, signal: Signal, nowMs: number): Watched {
  const freshness = { ...watched.freshness, [signal.kind]: fresher(watched.freshness[signal.kind], signal.age_ms, nowMs) };
  const next: Watched = { ...watched, freshness, [signal.kind]: signal };
  switch (signal.kind) {
    case "intent":
      return { ...next, lines: withUnderstood(watched.lines, signal.value.utterance_id, { intent: signal }) };
    case "text_emotion":
      return { ...next, lines: withUnderstood(watched.lines, signal.value.utterance_id, { words: signal }) };
    case "voice_emotion":
      return { ...next, lines: withUnderstood(watched.lines, signal.value.utterance_id, { tone: signal }) };
    default:
      return next;
  }
}

export function withPicture(watched: Watched, header: AnalysedFrame, nowMs: number): Watched {
  const freshness = { ...watched.freshness, picture: fresher(watched.freshness.picture, header.age_ms, nowMs) };
  const stages = { ...watched.stages };
  for (const [stage, ms] of Object.entries(header.stage_ms)) {
    stages[stage] = { receivedMs: nowMs, recentMs: [...(stages[stage]?.recentMs ?? []), ms].slice(-RECENT) };
  }
  return { ...watched, freshness, stages };
}

/** A caption of an id seen before replaces it; one without words takes it away. */
export function withCaption(watched: Watched, caption: Caption): Watched {
  const { id, speaker, text, final } = caption;
  const because = sentencesOf(caption.because, caption.told_because);
  const at = watched.lines.findIndex((line) => line.id === id);
  const line: TranscriptLine = { ...watched.lines[at], id, speaker, text, final, because };
  if (caption.because_seqs?.length) line.becauseSeqs = caption.because_seqs;
  if (caption.translation) line.translation = { text: caption.translation, language: caption.translation_language };
  if (at < 0) return text ? withLine(watched, line) : watched;
  return { ...watched, lines: text ? watched.lines.with(at, line) : watched.lines.toSpliced(at, 1) };
}

export function withSharedPicture(watched: Watched, picture: SharedPicture): Watched {
  if (watched.lines.some(({ id }) => id === picture.id)) return watched;
  return withLine(watched, { id: picture.id, speaker: "customer", text: "", final: true, because: [], picture });
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
const STAGES = Object.keys(names.stage);

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

/** The lines with what was understood of the one that an utterance became; of the last one that was typed for null. */
function withUnderstood(
  lines: TranscriptLine[],
  utterance: number | null,
  understood: Pick<TranscriptLine, "intent" | "words" | "tone">,
): TranscriptLine[] {
  const at = lines.findLastIndex(({ id }) => (utterance === null ? id.startsWith("chat-") : id === `said-${utterance}`));
  return at < 0 ? lines : lines.with(at, { ...lines[at]!, ...understood });
}

function fresher(before: Freshness | undefined, ageMs: number, nowMs: number): Freshness {
  return { receivedMs: nowMs, ageMs, recentAgesMs: [...(before?.recentAgesMs ?? []), ageMs].slice(-RECENT) };
}
