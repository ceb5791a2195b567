// Which alerts come first, and what speaks for each.
import type { Alert, Sentence } from "../wire/messages";
import { words } from "./words";

/** Those that nobody sees to yet. */
export function unseen(alerts: readonly Alert[]): Alert[] {
  return alerts.filter(({ acknowledged_by }) => acknowledged_by === null);
}

/** What most needs somebody first: not seen to, urgent, and then the oldest. */
export function byUrgency(alerts: readonly Alert[]): Alert[] {
  const rank = (alert: Alert) => (alert.acknowledged_by === null ? 0 : 2) + (alert.urgent ? 0 : 1);
  return [...alerts].sort((one, other) => rank(one) - rank(other) || one.since - other.since);
}

/** What speaks for an alert, each once. */
export function reasonsOf({ evidence }: Alert): Sentence[] {
  return [...new Map<string, Sentence>(evidence.map((one) => [one.words, one])).values()];
}

/** The numbers of the signals on which an alert rests, if on any. */
export function signalsInWords({ evidence }: Alert): string {
  const seqs = evidence.flatMap((one) => one.seqs);
  return seqs.length === 0 ? "" : words.alerts.signals(seqs.join(", "));
}
