// Alerts of all calls: what was seen, since when, and who sees to it; the same for every supervisor.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { AgentSays } from "../staff/agent_says";
import { nameOf } from "../staff/names";
import { elapsed, shortId, whoInWords, words as shared } from "../staff/words";
import type { Alert } from "../wire/messages";
import { chime } from "./chime";
import type { Desk } from "./desk";
import { AlertIcon } from "./icons";
import { byUrgency, reasonsOf, signalsInWords, unseen } from "./urgency";
import { useNow } from "./use_now";
import { words } from "./words";

/** More than these are shown on request; fewer beside a call that is watched. */
const SHOWN = 4;
const SHOWN_BESIDE = 2;

export function AlertList({ desk }: { desk: Desk }) {
  const all = useSignal(false);
  const alerts = byUrgency(desk.alerts.value);
  const most = desk.watchedId.value === null ? SHOWN : SHOWN_BESIDE;
  const shown = all.value ? alerts : alerts.slice(0, most);
  const open = unseen(alerts);
  useCallForAttention(open);
  return (
    <section class="alerts" aria-label={words.alerts.title}>
      <p class="for-screen-readers" role="status">
        {open.length === 0 ? "" : words.alerts.open(open.length)}
      </p>
      {alerts.length > 0 && (
        <ul id="alerts">
          {shown.map((alert) => (
            <AlertView key={alert.id} alert={alert} desk={desk} />
          ))}
        </ul>
      )}
      {alerts.length > most && (
        <button type="button" class="link-button small" id="all-alerts" onClick={() => (all.value = !all.value)}>
          {all.value ? words.alerts.fewer : words.alerts.all(alerts.length)}
        </button>
      )}
    </section>
  );
}

function AlertView({ alert, desk }: { alert: Alert; desk: Desk }) {
  const nowS = useNow(1000) / 1000;
  const by = alert.acknowledged_by;
  return (
    <li class={`alert ${alert.urgent ? "grave" : ""} ${by === null ? "" : "seen-to"}`} data-call-id={alert.call_id} data-kind={alert.kind}>
      <AlertIcon />
      <p>
        <strong>{words.alerts.of(shortId(alert.call_id), nameOf("alert", alert.kind), alert.urgent)}</strong>
        <span class="muted"> · {elapsed(nowS - alert.since)}</span>
        <span class="evidence small">
          <AgentSays sentences={reasonsOf(alert)} between={shared.semicolon} />
          {signalsInWords(alert)}
        </span>
      </p>
      {by === null ? (
        <button type="button" class="button small acknowledge" onClick={() => desk.acknowledge(alert)}>
          {words.alerts.seeToIt}
        </button>
      ) : (
        <span class="small muted acknowledged">{words.alerts.seenToBy(whoInWords(by))}</span>
      )}
      <button type="button" class="button small" onClick={() => desk.watch(alert.call_id)}>
        {words.alerts.watch}
      </button>
    </li>
  );
}

/** The count stands in the title of the tab, and an alert that is new may be heard. */
function useCallForAttention(open: readonly Alert[]): void {
  const known = useRef(new Set<string>());
  const ids = open.map(({ id }) => id);
  useEffect(() => {
    document.title = ids.length === 0 ? words.title : words.titleWithAlerts(ids.length, words.title);
    if (ids.some((id) => !known.current.has(id))) chime();
    known.current = new Set(ids);
  }, [ids.join()]);
}
