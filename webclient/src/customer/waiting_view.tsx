// Shown while all lines are busy: the customer's place, and a way out.
import type { Session } from "./session";
import { words } from "./words";

export function WaitingView({ session }: { session: Session }) {
  const place = session.place.value;
  if (!place) return null;
  const { position, waitS } = place;
  return (
    <div class="stack" id="waiting" data-position={position}>
      <h1>{words.waiting.title}</h1>
      <p role="status" aria-live="polite" aria-atomic="true">
        <strong class="place">{position === 1 ? words.waiting.next : words.waiting.position(position)}</strong>
        {waitS !== null && <span class="muted estimate">{words.waiting.estimate(waitS)}</span>}
      </p>
      <p class="muted">{words.waiting.keepOpen}</p>
      <div class="row">
        <button type="button" id="leave-line" class="button" onClick={() => session.leaveLine()}>
          {words.waiting.leave}
        </button>
      </div>
    </div>
  );
}
