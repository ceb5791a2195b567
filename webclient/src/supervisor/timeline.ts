// What the timeline of the watched call shows: lines in columns as uPlot takes them, and the events between them.
import { nameOf } from "../staff/names";
import { lastBefore } from "../ui/last_before";
import type { Signal } from "../wire/messages";
import { words } from "./words";

/** Two points a second for an hour and a half; the oldest go beyond that. */
export const MOST_POINTS = 10_800;
export const MOST_EVENTS = 600;
/** Signals that come within this time are one point. */
const BUCKET_S = 0.5;
/** So many are dropped at once, so that a full timeline is not moved for each new point. */
const SLACK = 512;
/** Loudness that is drawn at the bottom and at the top. */
const QUIET_DB = -60;
const LOUD_DB = -10;

export type EventKind = "intent" | "gesture" | "feeling" | "scene" | "turn";

export interface TimelineEvent {
  atS: number;
  kind: EventKind;
  words: string;
}

type Point = Partial<Record<"valence" | "arousal" | "voice", number | null>>;

/** Belongs to the desk. `version` counts its changes; what it holds is bounded. */
export class Timeline {
  version = 0;
  /** Unix time in seconds; rising. */
  readonly atS: number[] = [];
  readonly valence: (number | null)[] = [];
  readonly arousal: (number | null)[] = [];
  /** 0 quiet to 1 loud, while the customer speaks; null in between. */
  readonly voice: (number | null)[] = [];
  readonly events: TimelineEvent[] = [];
  private scene = "unknown";
  private gesture = "none";

  /** Takes in a signal of the call. */
  put(signal: Signal): void {
    const atS = signal.captured_at;
    switch (signal.kind) {
      case "affect": {
        const known = signal.valid && signal.value.label !== "unknown";
        const { valence, arousal } = signal.value;
        this.point(atS, known ? { valence, arousal } : { valence: null, arousal: null });
        break;
      }
      case "voice":
        this.point(atS, { voice: signal.value.speaking ? loudness(signal.value.energy_db) : null });
        break;
      case "intent": {
        const { label, out_of_scope } = signal.value;
        this.event(atS, "intent", out_of_scope ? words.timeline.intentUnknown : words.timeline.intent(nameOf("intent", label)));
        break;
      }
      case "gesture":
        if (signal.valid && signal.value.name !== this.gesture && signal.value.name !== "none") {
          this.event(atS, "gesture", nameOf("gesture", signal.value.name));
        }
        this.gesture = signal.valid ? signal.value.name : "none";
        break;
      case "scene":
        if (signal.valid && signal.value.label !== this.scene && signal.value.label !== "unknown") {
          this.event(atS, "scene", nameOf("scene", signal.value.label));
        }
        this.scene = signal.valid ? signal.value.label : "unknown";
        break;
      case "voice_emotion":
      case "text_emotion":
        if (signal.valid && signal.value.label !== "unknown") {
          const felt = signal.kind === "voice_emotion" ? words.timeline.tone : words.timeline.words;
          this.event(atS, "feeling", felt(nameOf("emotion", signal.value.label)));
        }
        break;
      case "turn":
        if (signal.value.barge_in) this.event(atS, "turn", words.timeline.interrupts);
        break;
    }
  }

  /** What is not given stands as it was. */
  private point(atS: number, { valence, arousal, voice }: Point): void {
    const last = this.atS.length - 1;
    if (last >= 0 && atS < this.atS[last]! + BUCKET_S) {
      if (valence !== undefined) this.valence[last] = valence;
      if (arousal !== undefined) this.arousal[last] = arousal;
      if (voice !== undefined) this.voice[last] = voice;
    } else {
      this.atS.push(atS);
      this.valence.push(valence === undefined ? (this.valence[last] ?? null) : valence);
      this.arousal.push(arousal === undefined ? (this.arousal[last] ?? null) : arousal);
      this.voice.push(voice === undefined ? (this.voice[last] ?? null) : voice);
      if (this.atS.length > MOST_POINTS + SLACK) {
        for (const column of [this.atS, this.valence, this.arousal, this.voice]) column.splice(0, SLACK);
      }
    }
    this.version++;
  }

  private event(atS: number, kind: EventKind, said: string): void {
    this.events.push({ atS, kind, words: said });
    if (this.events.length > MOST_EVENTS) this.events.shift();
    this.version++;
  }
}

function loudness(db: number): number {
  return Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB)));
}

/** The events near a moment, the nearest first. */
export function eventsNear(events: readonly TimelineEvent[], atS: number, withinS: number): TimelineEvent[] {
  return events
    .filter((event) => Math.abs(event.atS - atS) <= withinS)
    .sort((one, other) => Math.abs(one.atS - atS) - Math.abs(other.atS - atS))
    .slice(0, 4);
}

export interface Minute {
  fromS: number;
  valence: number | null;
  arousal: number | null;
  /** Share of its points in which the customer spoke. */
  speaking: number;
  events: string[];
}

/** The latest minutes in numbers, the newest first: what the lines show, for those who do not see them. */
export function byMinute(timeline: Timeline, most: number): Minute[] {
  const minutes: Minute[] = [];
  const end = timeline.atS.at(-1);
  if (end === undefined) return minutes;
  const first = timeline.atS[0]!;
  for (let toS = end; toS > first && minutes.length < most; toS -= 60) {
    const from = lastBefore(timeline.atS, toS - 60) + 1;
    const to = lastBefore(timeline.atS, toS) + 1;
    minutes.push({
      fromS: toS - 60,
      valence: mean(timeline.valence.slice(from, to)),
      arousal: mean(timeline.arousal.slice(from, to)),
      speaking: to > from ? timeline.voice.slice(from, to).filter((value) => value !== null).length / (to - from) : 0,
      events: timeline.events.filter(({ atS }) => atS > toS - 60 && atS <= toS).map((event) => event.words),
    });
  }
  return minutes;
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value): value is number => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
