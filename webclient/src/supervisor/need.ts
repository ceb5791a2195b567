// Which calls need a supervisor the most, in an order that does not jump while one reads it.
import type { Alert, CallSummary } from "../wire/messages";

/** A call moves past another only when it needs somebody by so much more. */
const MARGIN = 8;

const WEIGHTS: Record<Alert["kind"], number> = {
  person_asked: 60,
  low_affect: 40,
  held: 35,
  misunderstood: 30,
  tool_failed: 25,
  silence: 20,
  connection: 20,
};
const URGENT = 40;
/** What is left of an alert's weight once somebody sees to it. */
const SEEN_TO = 0.25;

/** How much a call needs a supervisor; 0 for one that goes well. */
export function need(call: CallSummary, alerts: readonly Alert[]): number {
  let points = 0;
  for (const alert of alerts) {
    const weight = WEIGHTS[alert.kind] + (alert.urgent ? URGENT : 0);
    points += alert.acknowledged_by === null ? weight : weight * SEEN_TO;
  }
  if (call.state === "held") points += 15;
  if (call.valence !== null && call.valence < 0) points += -15 * call.valence;
  if (call.trend === "falling") points += 5;
  if (call.degraded) points += 5;
  return points;
}

/**
 * Ids in the order to be shown. While it is `held`, as somebody points at it or has the focus in it, nothing moves: new
 * ones come last. Otherwise a call moves up past those that need clearly less.
 */
export function ordered(before: readonly string[], needs: ReadonlyMap<string, number>, held: boolean): string[] {
  const known = new Set(before);
  const order = [...before.filter((id) => needs.has(id)), ...[...needs.keys()].filter((id) => !known.has(id))];
  if (held) return order;
  for (let at = 1; at < order.length; at++) {
    const moving = order[at]!;
    let to = at;
    while (to > 0 && needs.get(moving)! > needs.get(order[to - 1]!)! + MARGIN) {
      order[to] = order[to - 1]!;
      to--;
    }
    order[to] = moving;
  }
  return order;
}

export interface Filter {
  state: string;
  intent: string;
  domain: string;
  language: string;
  alertsOnly: boolean;
  search: string;
}

export const EVERYTHING: Filter = { state: "", intent: "", domain: "", language: "", alertsOnly: false, search: "" };

export function passes(call: CallSummary, alerts: readonly Alert[], filter: Filter): boolean {
  return (
    (!filter.state || call.state === filter.state) &&
    (!filter.intent || call.last_intent === filter.intent) &&
    (!filter.domain || call.domain === filter.domain) &&
    (!filter.language || language(call) === filter.language) &&
    (!filter.alertsOnly || alerts.length > 0) &&
    call.call_id.includes(filter.search.trim().toLowerCase())
  );
}

/** "zh-CN" → "zh". */
export function language({ locale }: CallSummary): string {
  return locale.split("-")[0]!.toLowerCase();
}

/** What can be chosen from, in order, each once. */
export function choices(calls: readonly CallSummary[], of: (call: CallSummary) => string | null): string[] {
  return [...new Set(calls.map(of).filter((value): value is string => value !== null && value !== ""))].sort();
}
