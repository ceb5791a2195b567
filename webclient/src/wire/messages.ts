// What the agent and its pages say to each other. Written by `python -m agent.transport.page_types`: change the Python
// classes of the same names instead, which say more.
import type { Shape } from "./shape";

/** A face, as fractions of the picture's width and height. */
export interface FaceBox {
  track_id: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface FaceValue {
  /** The customer first; others are counted, never read. */
  faces: FaceBox[];
  yaw_deg: number | null;
  pitch_deg: number | null;
  roll_deg: number | null;
  /** Where the head points, relative to where this customer's usually points; the gaze itself is not read. */
  attention: "away" | "screen" | "unknown";
  /** Share of about the last minute spent looking away, 0 to 1. */
  away_share: number | null;
  look_aways_per_min: number | null;
  eyes_closed: boolean | null;
  /** Since this face was first seen; null while pictures come too seldom to see them. */
  blinks: number | null;
  blinks_per_min: number | null;
  /** The lips move as in speech; a mouth that is held open does not. */
  mouth_talks: boolean | null;
  /** A hint, no proof: "still" is a face that for long neither blinked nor moved within itself, like a photograph. */
  liveness: "moving" | "still" | "unknown";
}

/** The envelope that every signal shares. */
export interface SignalFields {
  call_id: string;
  /** Counts the signals of a call from 0. */
  seq: number;
  confidence: number | null;
  valid: boolean;
  /** Why it is not valid. */
  reason: string | null;
  /** The camera frame or microphone window that this was read from. */
  frame_id: number;
  /** Unix time of the capture, in seconds. */
  captured_at: number;
  captured_error_ms: number;
  captured_from: string;
  media_ms: number;
  /** From capture to publication. */
  age_ms: number;
  sources: string[];
}

export interface FaceSignal extends SignalFields {
  kind: "face";
  value: FaceValue;
}

export interface ExpressionValue {
  /** Most probable expression, or "unknown" when the evidence does not carry one. */
  label: string;
  /** Smoothed and calibrated, by expression; empty when unknown for lack of a readable face. */
  probabilities: Record<string, number>;
  /** -1 to 1, computed from the distribution: a proxy, not a measurement. */
  valence: number | null;
  arousal: number | null;
  proxy: boolean;
  /** How far this frame's picture was trusted, 0 to 1; null without a readable face. */
  weight: number | null;
  /** How far the probabilities were shifted by what this customer's resting face looks like: 0 not at all, 1 fully. */
  adapted: number;
}

export interface ExpressionSignal extends SignalFields {
  kind: "expression";
  value: ExpressionValue;
}

export interface GestureValue {
  name: string;
  hand: "left" | "right" | null;
  dynamic: boolean;
}

export interface GestureSignal extends SignalFields {
  kind: "gesture";
  value: GestureValue;
}

export interface VoiceValue {
  speaking: boolean;
  energy_db: number;
  pitch_hz: number | null;
}

export interface VoiceSignal extends SignalFields {
  kind: "voice";
  value: VoiceValue;
}

/** How one utterance sounded; comes once, after its final transcript. */
export interface VoiceEmotionValue {
  /** null where it is about no utterance, such as when consent was withdrawn. */
  utterance_id: number | null;
  /** The likeliest emotion, or "unknown" when none is sure enough. */
  label: string;
  /** By emotion, tempered to what they were worth on recordings of a kind never heard; empty when not valid. */
  probabilities: Record<string, number>;
  /** Learnt from actors: an impression, not a measurement. */
  proxy: boolean;
}

export interface VoiceEmotionSignal extends SignalFields {
  kind: "voice_emotion";
  value: VoiceEmotionValue;
}

/** How the words of one utterance or chat line read; comes once, beside their intent. */
export interface TextEmotionValue {
  /** null for a chat line, and where it is about no words, such as when consent was withdrawn. */
  utterance_id: number | null;
  /** The likeliest emotion, or "unknown" when none is sure enough. */
  label: string;
  /** By emotion, calibrated; empty when not valid. */
  probabilities: Record<string, number>;
}

export interface TextEmotionSignal extends SignalFields {
  kind: "text_emotion";
  value: TextEmotionValue;
}

export interface TranscriptValue {
  utterance_id: number;
  text: string;
  final: boolean;
  language: string;
}

export interface TranscriptSignal extends SignalFields {
  kind: "transcript";
  value: TranscriptValue;
}

export interface IntentValue {
  label: string;
  out_of_scope: boolean;
  slots: Record<string, string>;
  /** null for a chat line. */
  utterance_id: number | null;
}

export interface IntentSignal extends SignalFields {
  kind: "intent";
  value: IntentValue;
}

export interface AffectValue {
  /** The state over the last seconds, or "unknown". */
  label: string;
  valence: number | null;
  arousal: number | null;
  /** Of valence. */
  trend: "falling" | "rising" | "steady" | "unknown";
  /** Share of the last seconds for which there was evidence, 0 to 1. */
  coverage: number;
  /**
   * The emotion in the voice, or else in the words, where it is of the other sign than the face's, which `label`
   * is; they are not mixed.
   */
  conflict: string | null;
  /** Of the state, by expression, from all that was seen, heard and said; empty when unknown. */
  probabilities: Record<string, number>;
  /** Entropy of those, in parts of the largest possible: 0 is certain, 1 says nothing. */
  uncertainty: number | null;
  /** The last lasting change of valence, while it is news. */
  changed: "better" | "worse" | null;
  /** How long ago that change began. */
  changed_s: number | null;
  /**
   * Like the three below, 0 to 1 from declared cues of the last half minute: an index, not a probability. null
   * where too little of the call was there to tell.
   */
  frustration: number | null;
  confusion: number | null;
  engagement: number | null;
  urgency: number | null;
}

export interface AffectSignal extends SignalFields {
  kind: "affect";
  value: AffectValue;
}

/** What situation the call is in, from all signals of the last half minute. */
export interface SceneValue {
  /** One of `agent.core.types.SCENES`, or "unknown" while none stands out. */
  label: string;
  probabilities: Record<string, number>;
  /** What speaks for the label the most, in words, the strongest first. */
  because: string[];
  /** For how long the label has held. */
  held_s: number;
}

export interface SceneSignal extends SignalFields {
  kind: "scene";
  value: SceneValue;
}

export interface TurnValue {
  holder: "agent" | "customer" | "nobody";
  barge_in: boolean;
}

export interface TurnSignal extends SignalFields {
  kind: "turn";
  value: TurnValue;
}

/** Something that the agent wrote for staff to read. */
export interface Sentence {
  /** In English, where it is the agent's own. */
  words: string;
  /**
   * Of the sentence, by which a page knows it in its own language; empty where it has no values or is not the
   * agent's.
   */
  code: string;
  /** What stands in it, by name: figures and names as they are written in `words`, and lists of them. */
  values: Record<string, string | string[]>;
}

/** What is wrong with a part of the agent. */
export interface RoomFault extends Sentence {
  /** "camera", "voice", "archive", "load" … */
  room: string;
}

export interface HealthValue {
  state: "degraded" | "good";
  /** What is wrong, each in words. */
  reasons: string[];
  /** The same, by what it is wrong with, to be said in another language. */
  faults: RoomFault[];
  /** How far the call is degraded to stay within its budget: a rung of `agent.core.budget.Rung` in small letters. */
  rung: string;
  /** Unix time at which that rung was entered; null where it was always the same. */
  rung_since: number | null;
  analysed_fps: number | null;
  /**
   * Camera frames since the call began: "received", "analysed", and those that were not by why. What is missing to
   * the sum is still on its way.
   */
  frames: Record<string, number>;
}

export interface HealthSignal extends SignalFields {
  kind: "health";
  value: HealthValue;
}

export interface Welcome {
  type: "welcome";
  call_id: string;
  protocol: number;
  /** Purposes that are active in this call, as consented. */
  analysis: string[];
  /** The language that the customer is understood in, ISO 639-1, or `auto` for any. */
  hears: string;
  /** Whether the customer's picture and sound are being recorded. */
  recorded: boolean;
}

/** Words of either side. A later caption with the same id replaces an earlier one; without text it takes it away. */
export interface Caption {
  type: "caption";
  id: string;
  speaker: "agent" | "customer" | "staff";
  text: string;
  final: boolean;
  /** Signals that shaped this reply, in plain words; empty for the customer's own. */
  because: string[];
  /** The same, to be said in another language; for staff alone. */
  told_because: Sentence[];
  /** Numbers of these signals in this call. */
  because_seqs: number[];
  /** The same in the language of those who watch, by a machine; empty while there is none. */
  translation: string;
  /** ISO 639-1. */
  translation_language: string;
}

/** Figures or features in columns: a loan month by month, products side by side. */
export interface CardTable {
  /** Heads; what stands in the first column names its row. */
  columns: string[];
  /** As many cells each as there are columns. */
  rows: string[][];
  /** A last row that sums up; empty for none. */
  total: string[];
}

/** A button. */
export interface CardAction {
  label: string;
  /** Comes back as a chat line when the customer presses it. */
  say: string;
  /** True for the one that most customers want; drawn so. */
  primary: boolean;
}

/** One of several things to look at: a product, an order, a payment. */
export interface CardItem {
  title: string;
  /** A price or sum. */
  value: string;
  /** Why it is here, or what state it is in. */
  text: string;
  actions: CardAction[];
}

/** Short choices under one heading, such as the free times of a day. */
export interface CardGroup {
  label: string;
  actions: CardAction[];
}

/** Where an answer was found. */
export interface CardSource {
  title: string;
  /** http or https; empty for what has no address. */
  url: string;
}

export interface CardRow {
  label: string;
  value: string;
}

/** A line to fill in. */
export interface CardField {
  name: string;
  label: string;
  kind: "date" | "digits" | "email" | "money" | "tel" | "text";
  hint: string;
}

/** Lines to fill in, which come back as one chat line. */
export interface CardForm {
  fields: CardField[];
  /** The chat line, with `{name}` where the value of that field belongs; dates as 1985-05-03. */
  say: string;
  /** Label of the button. */
  send: string;
}

/** What a business's tool fills in beside labels and values. */
export interface CardContent {
  text: string;
  /** A number to note down, such as that of a case. */
  reference: string;
  table: CardTable | null;
  items: CardItem[];
  groups: CardGroup[];
  source: CardSource | null;
}

/** A card with the id of an earlier one replaces it. */
export interface Card extends CardContent {
  id: string;
  title: string;
  rows: CardRow[];
  form: CardForm | null;
  actions: CardAction[];
}

/** Something to look at beside the call: an order, a form, a confirmation. */
export interface ShowCard {
  type: "card";
  card: Card;
}

/** A card is out of date; nothing happens where the customer has closed it. */
export interface HideCard {
  type: "hide_card";
  id: string;
}

/** What was said and shown so far, in order, to a page whose connection is another one: in place of what it has. */
export interface Recalled {
  type: "recalled";
  captions: Caption[];
  cards: Card[];
}

export interface CallStateChanged {
  type: "state";
  state: "offered" | "consented" | "connected" | "speaking" | "held" | "taken_over" | "ended";
  /** Why it ended, once it has. */
  reason: "customer_left" | "not_consented" | "connection_failed" | "media_stopped" | "agent_finished" | "staff_ended" | "server_stopped" | "internal_error" | "never_connected" | null;
}

export interface AgentSpeaking {
  type: "speaking";
  active: boolean;
}

/**
 * What the drawn mouth does while the speech is heard that goes out now; it takes the place of what was told
 * before. Without any shape the mouth follows the sound, as it does for voices that do not tell.
 */
export interface MouthMoves {
  type: "mouth";
  shapes: ("closed" | "narrow" | "open" | "rest" | "round" | "teeth" | "wide")[];
  /** When each begins, from now on. */
  at_ms: number[];
}

/** To be spoken by the browser itself, as the agent has no voice for the language; answered by `spoken`. */
export interface PageSay {
  type: "say";
  id: string;
  /** One clause. Its caption comes apart from it. */
  text: string;
  /** ISO 639-1, with or without a region. */
  language: string;
  rate: number;
}

/** What is to become of the clause that the browser speaks; to be done within the same message. */
export interface PageSpeech {
  type: "speech";
  id: string;
  /** `resume` goes on from the beginning of the word that was cut off; a cancelled clause is never heard of again. */
  action: "cancel" | "pause" | "resume";
}

/** Asks the page's clock; the page answers at once with a `clock_pong` of the same id. */
export interface ClockPing {
  type: "clock_ping";
  id: number;
}

/** Asks the page for fewer or smaller pictures from now on, or for as many and as large as at first again. */
export interface SendLess {
  type: "send_less";
  fps: number;
  width_px: number;
}

export interface CallSummary {
  call_id: string;
  state: string;
  /** Unix time in seconds. */
  started_at: number;
  /** Unix time at which that state was entered; 0 where it is not known. */
  state_since: number;
  locale: string;
  purposes: string[];
  /** The pack that answers; null where another engine does. */
  domain: string | null;
  affect: string;
  /** In tenths, so that a call changes only when something has. */
  valence: number | null;
  /** Of valence. */
  trend: string;
  last_intent: string | null;
  /** Whether its health is not good. */
  degraded: boolean;
  /** Whether the customer's connection is lost, and waited for. */
  away: boolean;
  ended_because: string | null;
}

/** All live calls; sent on connecting, and whenever one begins or ends. */
export interface CallList {
  type: "calls";
  calls: CallSummary[];
}

/** One of the calls of the latest list is different now. One that is not in that list has ended meanwhile. */
export interface CallChanged {
  type: "call";
  call: CallSummary;
}

export interface AlertEvidence extends Sentence {
  /** Unix time in seconds. */
  at: number;
  /** Signals of the call that it rests on. */
  seqs: number[];
}

/** Why a call wants a supervisor; it goes by itself when its reason does. */
export interface Alert {
  /** The call's, a hyphen, and the number of the alert in the call, from 1. */
  id: string;
  call_id: string;
  kind: "person_asked" | "low_affect" | "misunderstood" | "held" | "silence" | "tool_failed" | "connection";
  urgent: boolean;
  /** Unix time in seconds. */
  since: number;
  evidence: AlertEvidence[];
  acknowledged_by: string | null;
  acknowledged_at: number | null;
}

/**
 * All that stand open, the oldest first; sent at every change, and on connecting where there are any. Every
 * supervisor gets the same.
 */
export interface AlertList {
  type: "alerts";
  alerts: Alert[];
}

/** What came of the customers of some time. */
export interface Served {
  customers: number;
  in_time: number;
  /** Who left the line before a line was free. */
  given_up: number;
}

/** How customers are served as a whole; sent on connecting, whenever it changes, and every half minute. */
export interface Service {
  type: "service";
  /** Calls with everything in them that may go on at a time. */
  rated: number;
  in_use: number;
  /** Of what all calls may use, 0 to 1. */
  free_share: number;
  /** Customers who wait for a free line. */
  in_line: number;
  /** Unix time at which the one who waits longest came. */
  waiting_since: number | null;
  /** What counts as in time. */
  answered_within_s: number;
  last_hour: Served;
  last_day: Served;
  /** What is wrong with the agent as a whole, in words. */
  faults: string[];
  /** The same, to be said in another language. */
  told_faults: Sentence[];
}

export interface SignalMessage {
  type: "signal";
  signal: Signal;
}

/** What was said in a watched call, by either side, with the signals that shaped it. */
export interface SupervisorCaption {
  type: "supervisor_caption";
  call_id: string;
  caption: Caption;
}

/** A picture that the customer sent into a watched call, for as long as the call lasts. */
export interface SharedPicture {
  type: "shared_picture";
  call_id: string;
  id: string;
  /** Where staff get it, as a path of this address. */
  url: string;
  width_px: number;
  height_px: number;
}

/** What the reply engine wants a supervisor to know. */
export interface SupervisorNote {
  type: "note";
  call_id: string;
  text: string;
}

/**
 * What the agent would say next, before any of it is said; the one before it is out of date. Without text there is
 * nothing any more.
 */
export interface NextReply {
  type: "next_reply";
  call_id: string;
  text: string;
  because: string[];
  /** The same, to be said in another language. */
  told_because: Sentence[];
  /**
   * True while a person has the call, to whom it is a suggestion. Otherwise the agent says it itself, as soon as
   * the customer proves to have finished.
   */
  suggested: boolean;
}

export interface HandoffRequested {
  type: "handoff";
  call_id: string;
  reason: string;
  urgency: "high" | "normal";
}

export interface FaceOverlay {
  track_id: number;
  /** x, y, width, height as fractions of the picture. */
  box: [number, number, number, number];
  /** x0, y0, x1, y1, … of 468 landmarks in ten-thousandths of the picture's width and height; empty for bystanders. */
  points: number[];
  /** Yaw to the right edge of the picture, pitch upwards, roll clockwise; null for bystanders. */
  pose_deg: [number, number, number] | null;
  /**
   * How far the eyes look to the right edge of the picture and upwards within the head, each -1 to 1; null where
   * the models do not read it.
   */
  gaze: [number, number] | null;
}

export interface HandOverlay {
  side: string;
  gesture: string;
  probability: number;
  /** x0, y0, … of 21 landmarks in ten-thousandths. */
  points: number[];
}

/** What was read from one camera frame, to be drawn over that frame and over no other. */
export interface AnalysedFrame {
  call_id: string;
  frame_id: number;
  /** As the customer's side sent it. Who sees the picture forwarded gets it under another one: see `/clock`. */
  rtp_timestamp: number;
  captured_at: number;
  media_ms: number;
  age_ms: number;
  width_px: number;
  height_px: number;
  faces: FaceOverlay[];
  hands: HandOverlay[];
  stage_ms: Record<string, number>;
}

/** Without the picture, for those who see it forwarded. */
export interface Overlay extends AnalysedFrame {
  type: "overlay";
}

/** One stage of a frame's way. */
export interface StageSpan {
  name: string;
  /** After the frame's capture, by the clock that the agent knows. */
  began_ms: number;
  took_ms: number;
}

/** Names a signal of the same call. */
export interface SignalRef {
  seq: number;
  kind: string;
}

/** The life of one camera frame, whether it was analysed or not. */
export interface FrameTrace {
  type: "trace";
  call_id: string;
  frame_id: number;
  rtp_timestamp: number;
  /** "analysed", or why it was not. */
  outcome: string;
  /** Milliseconds by stage: received (last packet to decoded and taken), those of the analysis, published. */
  stage_ms: Record<string, number>;
  /** The same way in finer stages, in order, with when each began. */
  spans: StageSpan[];
  /** What was published of this frame. */
  signals: SignalRef[];
  /** Unix time in seconds. */
  captured_at: number;
  captured_error_ms: number;
  captured_from: string;
  /** Unix time in seconds of the last packet's arrival. */
  arrived_at: number;
  /** Unix time in seconds at which the frame's signals went out. */
  published_at: number;
  /** From capture to publication, by the clock that the agent knows. */
  age_ms: number;
}

/** The last message could not be used; the connection goes on. */
export interface Fault {
  type: "error";
  message: string;
}

/** Header of a binary message: 4 bytes big-endian length of this JSON, the JSON, then the JPEG of the same frame. */
export interface PictureHeader extends AnalysedFrame {
  type: "picture";
}

/** Header of a binary message as of `picture`, with a small JPEG: one a second and call at most. */
export interface GlimpseHeader {
  type: "glimpse";
  call_id: string;
  frame_id: number;
  captured_at: number;
}

export interface ClockPong {
  type: "clock_pong";
  id: number;
  /** The page's wall clock when it saw the ping: performance.timeOrigin + performance.now(). */
  page_ms: number;
}

/** How far the browser has got with a clause. */
export interface PageSpoken {
  type: "spoken";
  id: string;
  /** `unavailable` where the browser has no voice for the language, or that voice failed. */
  state: "ended" | "reached" | "started" | "unavailable";
  /** How much of the clause was spoken before the word that now begins. */
  characters?: number;
}

export interface Chat {
  type: "chat";
  text: string;
}

export interface DeviceState {
  type: "devices";
  camera: boolean;
  microphone: boolean;
}

/** Takes effect with the next frame and word; answered by a `welcome` with what is left. */
export interface WithdrawConsent {
  type: "withdraw";
  purposes: string[];
}

/**
 * Agrees to what the notice of this call asked for, too, or again; answered by a `welcome` with what then holds.
 * Nothing changes while there is no time to read more, or for a track that is closed since nothing may be read of
 * it.
 */
export interface GiveConsent {
  type: "agree";
  purposes: string[];
}

/** The customer ends the call. */
export interface Leave {
  type: "leave";
}

/** Asks for signals, captions and pictures of one call, in place of the call watched before. */
export interface Watch {
  type: "watch";
  call_id: string;
  /** Whether to send the analysed pictures too; making them costs the agent some time a frame. */
  pictures?: boolean;
  /** Whether to send an `overlay` for every analysed frame. */
  overlays?: boolean;
  /** Whether to send a `trace` for every frame. */
  traces?: boolean;
}

export interface Unwatch {
  type: "unwatch";
}

/** Asks for small pictures of these calls, in place of those before; of none with an empty list. */
export interface Glance {
  type: "glance";
  call_ids: string[];
}

/** Tells all supervisors that somebody sees to an alert. */
export interface Acknowledge {
  type: "acknowledge";
  /** Its id. */
  alert: string;
}

export type Signal =
  | FaceSignal
  | ExpressionSignal
  | GestureSignal
  | VoiceSignal
  | VoiceEmotionSignal
  | TextEmotionSignal
  | TranscriptSignal
  | IntentSignal
  | AffectSignal
  | SceneSignal
  | TurnSignal
  | HealthSignal;
export type ToPage =
  | Welcome
  | Caption
  | ShowCard
  | HideCard
  | Recalled
  | CallStateChanged
  | AgentSpeaking
  | MouthMoves
  | PageSay
  | PageSpeech
  | ClockPing
  | SendLess;
export type ToSupervisor =
  | CallList
  | CallChanged
  | AlertList
  | Service
  | SignalMessage
  | SupervisorCaption
  | SharedPicture
  | SupervisorNote
  | NextReply
  | HandoffRequested
  | Overlay
  | FrameTrace
  | Fault;
export type FromPage = ClockPong | PageSpoken | Chat | DeviceState | WithdrawConsent | GiveConsent | Leave;
export type FromSupervisor = Watch | Unwatch | Glance | Acknowledge;

export const SIGNAL_SHAPE: Shape = { call_id: "string", seq: "number", valid: "boolean", frame_id: "number", captured_at: "number", captured_error_ms: "number", captured_from: "string", media_ms: "number", age_ms: "number", sources: "array", value: "object" };
export const CARD_SHAPE: Shape = { text: "string", reference: "string", items: "array", groups: "array", id: "string", title: "string", rows: "array", actions: "array" };
export const PICTURE_SHAPE: Shape = { call_id: "string", frame_id: "number", rtp_timestamp: "number", captured_at: "number", media_ms: "number", age_ms: "number", width_px: "number", height_px: "number", faces: "array", hands: "array", stage_ms: "object" };
export const GLIMPSE_SHAPE: Shape = { call_id: "string", frame_id: "number", captured_at: "number" };
export const TO_PAGE_SHAPES = {
  welcome: { call_id: "string", protocol: "number", analysis: "array", hears: "string", recorded: "boolean" },
  caption: { id: "string", speaker: "string", text: "string", final: "boolean", because: "array", told_because: "array", because_seqs: "array", translation: "string", translation_language: "string" },
  card: { card: "object" },
  hide_card: { id: "string" },
  recalled: { captions: "array", cards: "array" },
  state: { state: "string" },
  speaking: { active: "boolean" },
  mouth: { shapes: "array", at_ms: "array" },
  say: { id: "string", text: "string", language: "string", rate: "number" },
  speech: { id: "string", action: "string" },
  clock_ping: { id: "number" },
  send_less: { fps: "number", width_px: "number" },
} satisfies Record<string, Shape>;
export const TO_SUPERVISOR_SHAPES = {
  calls: { calls: "array" },
  call: { call: "object" },
  alerts: { alerts: "array" },
  service: { rated: "number", in_use: "number", free_share: "number", in_line: "number", answered_within_s: "number", last_hour: "object", last_day: "object", faults: "array", told_faults: "array" },
  signal: { signal: "object" },
  supervisor_caption: { call_id: "string", caption: "object" },
  shared_picture: { call_id: "string", id: "string", url: "string", width_px: "number", height_px: "number" },
  note: { call_id: "string", text: "string" },
  next_reply: { call_id: "string", text: "string", because: "array", told_because: "array", suggested: "boolean" },
  handoff: { call_id: "string", reason: "string", urgency: "string" },
  overlay: { call_id: "string", frame_id: "number", rtp_timestamp: "number", captured_at: "number", media_ms: "number", age_ms: "number", width_px: "number", height_px: "number", faces: "array", hands: "array", stage_ms: "object" },
  trace: { call_id: "string", frame_id: "number", rtp_timestamp: "number", outcome: "string", stage_ms: "object", spans: "array", signals: "array", captured_at: "number", captured_error_ms: "number", captured_from: "string", arrived_at: "number", published_at: "number", age_ms: "number" },
  error: { message: "string" },
} satisfies Record<string, Shape>;
