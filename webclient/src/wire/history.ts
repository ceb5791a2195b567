// What the agent and its pages say to each other. Written by `python -m agent.transport.page_types`: change the Python
// classes of the same names instead, which say more.

/** A call that has ended, without a word of it. */
export interface PastCall {
  call_id: string;
  /** Like all times with `_at`, in Unix seconds. */
  started_at: number;
  lasted_s: number;
  language: string;
  domain: string | null;
  outcome: string | null;
  ended_because: string | null;
  /** That were understood, the most frequent first. */
  intents: string[];
  /** null before that was worked out, a few seconds after the call. */
  turns: number | null;
  taken_over: boolean | null;
  /** That the customer gave, 1 to 5. */
  score: number | null;
  resolved: boolean | null;
  /** Whether points of face or hands are kept. */
  replayable: boolean;
  /** Whether what is kept of it was altered, so that it cannot be read; a backup may have it. */
  damaged: boolean;
}

export interface CallsPage {
  type: "calls";
  calls: PastCall[];
  /** Shown as `before` it gives the next page; null on the last one. */
  next: string | null;
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

/** Something that was said, typed or answered. */
export interface Line {
  /** Like all times without `_at`, since the call began. */
  at_s: number;
  /** customer, agent, or staff. */
  who: string;
  text: string;
  typed: boolean;
  intent: string | null;
  slots: Record<string, string>;
  /** Signals that shaped a reply, in words. */
  because: string[];
  /** The same, to be said in another language. */
  told_because: Sentence[];
}

export interface PastEvent {
  at_s: number;
  /** Of the signal; or card, consent, taken_over, resumed, coach, alert, alert_seen_to, alert_over. */
  kind: string;
  label: string;
  confidence: number | null;
  /** Of an alert what it rested on, or who saw to it. */
  detail: string;
  /** What an alert rested on, to be said in another language. */
  told_detail: Sentence[];
}

/** What a member of staff said of a moment. */
export interface Label {
  at_s: number;
  kind: string;
  read: string;
  /** Empty where nobody could tell. */
  right: string;
  correct: boolean;
  by: string;
  labelled_at: number;
}

export interface Survey {
  score: number;
  resolved: boolean | null;
  text: string;
}

/** What there is to draw. */
export interface Replay {
  /** Gone: it was agreed to, and what was kept has been kept long enough, or nobody was seen. */
  state: "gone" | "kept" | "not_agreed" | "taken_back";
  /** Where each part begins. */
  starts_s: number[];
  /** When the clock of the pictures, which parts tell, stood at 0. */
  media_began_s: number;
}

/** Everything about a call but its series of numbers. */
export interface CallStory {
  type: "story";
  call: PastCall;
  lines: Line[];
  events: PastEvent[];
  labels: Label[];
  survey: Survey | null;
  /** What was agreed to from when on. */
  consents: [number, string[]][];
  replay: Replay;
  /** Whether the customer agreed that labels are learnt from. */
  trains: boolean;
  /** What can be said to have been right, by kind of label. */
  label_values: Record<string, string[]>;
}

/** One value a second, columns of the same length; null where nothing was known. */
export interface AffectSeries {
  at_s: number[];
  valence: (number | null)[];
  arousal: (number | null)[];
  frustration: (number | null)[];
  label: string[];
}

export interface ExpressionSeries {
  at_s: number[];
  label: string[];
  confidence: (number | null)[];
  /** Why nothing is known. */
  reason: (string | null)[];
}

export interface VoiceSeries {
  at_s: number[];
  speaking: boolean[];
  energy_db: number[];
  pitch_hz: (number | null)[];
}

export interface SceneSeries {
  at_s: number[];
  label: string[];
}

export interface Series {
  type: "series";
  affect: AffectSeries;
  expression: ExpressionSeries;
  voice: VoiceSeries;
  scene: SceneSeries;
}

export interface TrackedPart {
  /** The customer's face, or a hand of theirs. */
  part: "face" | "left" | "right";
  points: number;
}

export interface TracksFrame {
  media_ms: number;
  parts: TrackedPart[];
}

/** What the points after it belong to: of each frame and part in turn x, y, x, y …, in 16 bits, little end first. */
export interface TracksHead {
  type: "tracks";
  /** Points are in parts of the picture's width and height. */
  scale: number;
  frames: TracksFrame[];
}

/** A mean or a share, with the interval in which it lies with 95 %. */
export interface Estimate {
  n: number;
  value: number;
  low: number;
  high: number;
}

/** Calls of one day, intent, domain, outcome or language; or all. */
export interface Group {
  name: string;
  calls: number;
  /** Their mean. */
  lasted_s: number;
  /** Share in which a person was asked for, or took over. */
  handed_off: Estimate;
  /** Share of those who said whether what they came for was done. */
  resolved: Estimate | null;
  /** Mean of the scores that customers gave. */
  score: Estimate | null;
  /** What those who gave none would have given, as far as can be told; null without a model, or where it is hidden. */
  predicted: Estimate | null;
  valence_start: number | null;
  valence_end: number | null;
  /** Of each call from its beginning to its end; null where nothing is known, or `hidden`. */
  valence_change: Estimate | null;
  /** Whether figures of emotion are not shown, as too few people stand behind them. */
  hidden: boolean;
}

/** How scores are predicted from how calls went, and what that is worth. */
export interface Prediction {
  /** Calls with a score, from which it is learnt. */
  n: number;
  /** So many are needed. */
  least: number;
  /** Mean distance from the score that was given, each predicted from other calls; null where there are too few. */
  error: Estimate | null;
  /** The same of always saying the others' mean. */
  error_of_mean: number | null;
}

export interface Trends {
  type: "trends";
  by: string;
  from_at: number;
  until_at: number;
  total: Group;
  groups: Group[];
  prediction: Prediction;
  smallest_group: number;
  /** Calls that are counted, but whose intents and emotion are not known (yet, or any more). */
  without_facts: number;
  /** Whether there were more calls than can be looked at; the newest are. */
  cut: boolean;
}

export interface SearchHit {
  type: "hit";
  call_id: string;
  started_at: number;
  at_s: number;
  /** customer, agent, staff; or event. */
  who: string;
  /** The line, or the event in words. */
  text: string;
}

export interface SearchProgress {
  type: "progress";
  /** Searched so far, the newest first. */
  calls: number;
  /** When the last of them began. */
  oldest_at: number | null;
}

export interface SearchDone {
  type: "done";
  calls: number;
  /** Ended as everything was searched, or there were as many hits or calls as one search may have. */
  why: "all" | "calls" | "hits";
  oldest_at: number | null;
  /** Of the calls: those that were passed over, as what is kept of them was altered. */
  damaged: number;
}

export interface SearchFault {
  type: "fault";
  message: string;
}

export type HistoryAnswer = CallsPage | CallStory | Series | TracksHead | Trends;
export type SearchLine = SearchHit | SearchProgress | SearchDone | SearchFault;
