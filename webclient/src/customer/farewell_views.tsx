// The two ways out: not having entered a call, and having ended one.
import type { Session } from "./session";
import { endingInWords } from "./words";

export function LeftView({ session }: { session: Session }) {
  return (
    <>
      <h1>Goodbye</h1>
      <p>No call was made. Your camera and microphone were not used, and nothing about you was analysed or kept.</p>
      <div class="row">
        <button type="button" class="button" onClick={() => session.backToNotice()}>
          Back to the notice
        </button>
      </div>
    </>
  );
}

export function EndedView({ session }: { session: Session }) {
  const reason = session.endReason.value;
  const { title, text } = endingInWords(reason);
  return (
    <div class="stack" id="ended" data-reason={reason ?? ""} role="status">
      <h1>{title}</h1>
      <p>{text} Your camera and microphone are off.</p>
      <div class="row">
        <button type="button" id="call-again" class="button primary" onClick={() => session.check()}>
          Call again
        </button>
        <button type="button" class="button" onClick={() => session.backToNotice()}>
          Change what may be analysed
        </button>
      </div>
    </div>
  );
}
