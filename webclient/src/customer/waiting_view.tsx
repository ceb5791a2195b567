// Shown while all lines are busy: the customer's place, and a way out.
import type { Session } from "./session";

export function WaitingView({ session }: { session: Session }) {
  const position = session.position.value;
  return (
    <div class="stack" id="waiting" data-position={position ?? ""}>
      <h1>All lines are busy</h1>
      <p role="status" aria-live="polite" aria-atomic="true">
        {position === 1 ? "You are the next in line." : `You are number ${position} in line.`}
      </p>
      <p class="muted">Keep this page open. The call begins by itself when it is your turn; nothing is sent before.</p>
      <div class="row">
        <button type="button" id="leave-line" class="button" onClick={() => session.leaveLine()}>
          Leave the line
        </button>
      </div>
    </div>
  );
}
