// The words of the page of past calls in its language, and its names and figures as people read them.
import { nameOf, names } from "../staff/names";
import { signed, words as shared, written } from "../staff/words";
import { language } from "../ui/language";
import type { Estimate, PastEvent, Replay } from "../wire/history";
import { en, type Words } from "./words/en";
import { zh } from "./words/zh";

export const words: Words = { en, zh }[language];

export const OUTCOME_CHOICES = Object.entries(names.outcome);

export function outcomeInWords(outcome: string | null): string {
  return outcome === null ? words.notKnown : nameOf("outcome", outcome);
}

/** What happened, in words; the title of a card is the agent's own. */
export function eventInWords({ kind, label }: Pick<PastEvent, "kind" | "label">): string {
  switch (kind) {
    case "gesture":
      return nameOf("gesture", label);
    case "voice_emotion":
    case "text_emotion":
      return nameOf("emotion", label);
    case "scene":
      return nameOf("scene", label);
    case "consent":
      return label.split(", ").map(consentInWords).join(shared.comma);
    case "alert":
    case "alert_seen_to":
    case "alert_over":
      return nameOf("alert", label);
    case "card":
      return label;
    default:
      return nameOf("deed", label);
  }
}

/** "yes to replay", as the agent has it. */
function consentInWords(change: string): string {
  const [, answer, purpose = ""] = /^(yes|no) to (\w+)$/.exec(change) ?? [];
  if (answer === undefined) return change;
  const { yesTo, noTo } = words.transcript;
  return (answer === "yes" ? yesTo : noTo)(nameOf("purpose", purpose));
}

/** Minutes and seconds of a call, or hours: "0:07", "12:30", "1:02:09". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = `${Math.floor(whole / 60) % 60}`;
  return whole < 3600 ? `${minutes}:${two(whole % 60)}` : `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

const DAY_AND_TIME = new Intl.DateTimeFormat(written, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const WITH_YEAR = new Intl.DateTimeFormat(written, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const WEEKDAY = new Intl.DateTimeFormat(written, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

export function when(unixS: number): string {
  const date = new Date(unixS * 1000);
  return (date.getFullYear() === new Date().getFullYear() ? DAY_AND_TIME : WITH_YEAR).format(date);
}

/** Of a day such as "2026-11-22". */
export function dayInWords(day: string): string {
  return WEEKDAY.format(new Date(`${day}T00:00:00Z`));
}

/** Why there is nothing to draw; null where there is. */
export function noReplay({ state }: Replay): string | null {
  return state === "kept" ? null : words.call.notDrawn[state];
}

/** "62 % (48–74 %)". */
export function share(estimate: Estimate | null): string {
  if (!estimate || estimate.n === 0) return "–";
  const percent = (value: number) => Math.round(value * 100);
  return words.share(percent(estimate.value), percent(estimate.low), percent(estimate.high));
}

/** "4.2 (3.9–4.5)". */
export function average(estimate: Estimate | null, digits = 1): string {
  if (!estimate || estimate.n === 0) return "–";
  if (estimate.n === 1) return estimate.value.toFixed(digits);
  return words.mean(estimate.value.toFixed(digits), estimate.low.toFixed(digits), estimate.high.toFixed(digits));
}

/** A change of valence with its sign and interval. */
export function change(estimate: Estimate | null): string {
  if (!estimate) return "–";
  return estimate.n === 1 ? signed(estimate.value) : words.change(signed(estimate.value), signed(estimate.low), signed(estimate.high));
}

export function minutes(seconds: number): string {
  return words.minutes(clock(Math.round(seconds)));
}
