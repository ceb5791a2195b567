// The list of live calls.
import type { CallSummary } from "../wire/messages";
import type { Desk } from "./desk";
import { useNow } from "./use_now";
import { elapsed, fullnessInWords, inWords, shortId } from "./words";

export function CallListView({ desk }: { desk: Desk }) {
  const calls = desk.calls.value;
  const watchedId = desk.watched.value?.callId;
  const asking = new Set(desk.alerts.value.map(({ callId }) => callId));
  return (
    <nav id="calls" class="calls" aria-label="Calls">
      {calls === null && <p class="muted small">Waiting for the list…</p>}
      {calls && <p class="muted small" id="fullness">{fullnessInWords(calls.length, desk.fullness.value)}</p>}
      <ul>
        {calls?.map((call) => (
          <li key={call.call_id}>
            <CallRow
              call={call}
              current={call.call_id === watchedId}
              asking={asking.has(call.call_id)}
              onWatch={() => desk.watch(call.call_id)}
            />
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface CallRowProps {
  call: CallSummary;
  current: boolean;
  asking: boolean;
  onWatch(): void;
}

function CallRow({ call, current, asking, onWatch }: CallRowProps) {
  const nowMs = useNow(1000);
  const emotion = call.purposes.includes("expression");
  return (
    <button
      type="button"
      class="call-row"
      data-call-id={call.call_id}
      aria-current={current ? "true" : undefined}
      onClick={onWatch}
    >
      <span class="call-row-top">
        <strong>{shortId(call.call_id)}</strong>
        <span class="muted">{elapsed(nowMs / 1000 - call.started_at)}</span>
      </span>
      <span class="call-row-facts">
        <span class="chip">{inWords(call.ended_because ?? call.state)}</span>
        {asking && <span class="chip warn">asks for a person</span>}
        <span class="chip">{emotion ? `affect ${inWords(call.affect)}` : "emotion not analysed"}</span>
        {call.last_intent && <span class="chip">{inWords(call.last_intent)}</span>}
      </span>
    </button>
  );
}
