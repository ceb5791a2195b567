// Calls whose agent asks for a person.
import type { Alert, Desk } from "./desk";
import { shortId } from "./words";

export function AlertList({ desk }: { desk: Desk }) {
  return (
    <div id="alerts" class="alerts" role="alert">
      {desk.alerts.value.map((alert) => (
        <AlertView key={alert.callId} alert={alert} desk={desk} />
      ))}
    </div>
  );
}

function AlertView({ alert, desk }: { alert: Alert; desk: Desk }) {
  return (
    <div class={`alert message ${alert.urgent ? "grave" : ""}`} data-call-id={alert.callId}>
      <p>
        <strong>
          Call {shortId(alert.callId)} asks for a person{alert.urgent ? ", urgently" : ""}.
        </strong>{" "}
        {alert.reason}
      </p>
      <button type="button" class="button small" onClick={() => desk.watch(alert.callId)}>
        Watch
      </button>
      <button type="button" class="button small" onClick={() => desk.dismiss(alert)}>
        Dismiss
      </button>
    </div>
  );
}
