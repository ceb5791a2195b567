// What a customer sees of the connection while it is not good, and while a page that was loaded again takes it up.
import type { Session } from "./session";
import { words } from "./words";

/** Says, among what is told of the call, that its connection is unsteady or is being replaced. */
export function LineBanner({ session }: { session: Session }) {
  const standing = session.call.standing.value;
  if (standing === "good") return null;
  return (
    <p id="line-banner" class={`line-banner ${standing}`} data-standing={standing}>
      <span class="line-spinner" aria-hidden="true" />
      <span>
        <strong>{standing === "lost" ? words.line.reconnecting : words.line.unsteady}</strong>
        {standing === "lost" && <span class="small">{words.line.kept}</span>}
      </span>
    </p>
  );
}

export function ReturningView({ session }: { session: Session }) {
  return (
    <div class="stack" id="returning">
      <h1>{words.line.returningTitle}</h1>
      <p role="status" class="line-banner lost">
        <span class="line-spinner" aria-hidden="true" />
        <span>{words.line.returning}</span>
      </p>
      <div class="row">
        <button type="button" id="end-call" class="button" onClick={() => session.endCall("customer_left")}>
          {words.line.leaveCall}
        </button>
      </div>
    </div>
  );
}
