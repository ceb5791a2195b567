// All live calls, those first that need somebody the most, with filters and small pictures on demand.
import "./wall.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Alert, CallSummary } from "../wire/messages";
import { CallTile } from "./call_tile";
import type { Desk } from "./desk";
import { FilterBar } from "./filter_bar";
import { MOST_GLIMPSES, mayBeSeen } from "./glimpses";
import { EVERYTHING, need, ordered, passes } from "./need";
import { words } from "./words";

const NO_ALERTS: Alert[] = [];
const DENSE_AS = "supervisor.dense";

/** `narrow` beside a call that is watched. */
export function Wall({ desk, narrow }: { desk: Desk; narrow: boolean }) {
  const filter = useSignal(EVERYTHING);
  const dense = useSignal(localStorage.getItem(DENSE_AS) === "yes");
  const pictures = useSignal(false);
  const order = useRef<string[]>([]);
  const list = useRef<HTMLUListElement>(null);
  const held = useSignal(false);
  /** Whether somebody points at the wall, or goes through it by keyboard. */
  const hold = () => (held.value = list.current?.matches(":hover, :has(:focus-visible)") ?? false);
  const calls = desk.calls.value;
  const alerts = byCall(desk.alerts.value);
  const byId = new Map(calls?.map((call) => [call.call_id, call]));
  const of = (callId: string) => alerts.get(callId) ?? NO_ALERTS;
  const needs = new Map([...byId.values()].map((call) => [call.call_id, need(call, of(call.call_id))]));
  order.current = ordered(order.current, needs, held.value);
  const shown = order.current.map((id) => byId.get(id)!).filter((call) => passes(call, of(call.call_id), filter.value));
  const seen = pictures.value ? shown.filter(mayBeSeen).slice(0, MOST_GLIMPSES) : [];
  useEffect(() => desk.glance(seen.map(({ call_id }) => call_id)), [seen.map(({ call_id }) => call_id).sort().join()]);
  useEffect(() => () => desk.glance([]), []);
  const turnDense = (yes: boolean) => {
    dense.value = yes;
    localStorage.setItem(DENSE_AS, yes ? "yes" : "no");
  };
  return (
    <section id="calls" class={`wall ${narrow ? "narrow" : ""} ${dense.value || narrow ? "dense" : ""}`} aria-label={words.wall.title}>
      {calls === null && <p class="muted small">{words.wall.awaiting}</p>}
      {calls && (calls.length > 0 || filter.value !== EVERYTHING) && (
        <FilterBar calls={calls} filter={filter} dense={dense.value} onDense={turnDense} pictures={pictures} narrow={narrow} />
      )}
      <ul
        ref={list}
        onMouseEnter={hold}
        onMouseLeave={hold}
        onFocusIn={hold}
        onFocusOut={() => queueMicrotask(hold)}
        onKeyDown={(event) => moveFocus(event, list.current)}
      >
        {shown.map((call) => (
          <CallTile
            key={call.call_id}
            call={call}
            alerts={of(call.call_id)}
            desk={desk}
            pictured={seen.includes(call)}
            trail={desk.trails.of(call.call_id)}
          />
        ))}
      </ul>
      {calls && <p class="muted small tally" id="fullness" role="status">{tally(calls, shown.length)}</p>}
    </section>
  );
}

function byCall(alerts: readonly Alert[]): Map<string, Alert[]> {
  const found = new Map<string, Alert[]>();
  for (const alert of alerts) found.set(alert.call_id, [...(found.get(alert.call_id) ?? []), alert]);
  return found;
}

export function tally(calls: readonly CallSummary[], shown: number): string {
  if (calls.length === 0) return words.wall.none;
  const all = words.wall.calls(calls.length);
  return shown === calls.length ? all : words.wall.shown(shown, all);
}

/** Arrows go from tile to tile, up and down by rows as they stand on the screen. */
function moveFocus(event: KeyboardEvent, list: HTMLElement | null): void {
  const tiles = [...(list?.querySelectorAll<HTMLElement>(".call-row") ?? [])];
  const at = tiles.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  const top = tiles[0]!.getBoundingClientRect().top;
  const perRow = Math.max(1, tiles.filter((tile) => Math.abs(tile.getBoundingClientRect().top - top) < 4).length);
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow };
  const to = event.key === "Home" ? 0 : event.key === "End" ? tiles.length - 1 : at + (steps[event.key] ?? Number.NaN);
  if (!tiles[to]) return;
  event.preventDefault();
  tiles[to].focus();
}
