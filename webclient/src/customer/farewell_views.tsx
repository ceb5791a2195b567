// The two ways out: not having entered a call, and having ended one.
import { useMemo } from "preact/hooks";
import { type Claim, OwnData } from "./after_call";
import { OwnDataView } from "./own_data_view";
import { KeptLink } from "./kept_link";
import type { Receipt } from "./service";
import type { Session } from "./session";
import { SurveyView } from "./survey_view";
import { endingInWords, words } from "./words";

export function LeftView({ session }: { session: Session }) {
  return (
    <>
      <h1>{words.left.title}</h1>
      <p>{words.left.text}</p>
      <div class="row">
        <button type="button" class="button" onClick={() => session.backToNotice()}>
          {words.left.back}
        </button>
      </div>
    </>
  );
}

export function EndedView({ session }: { session: Session }) {
  const reason = session.endReason.value;
  const { title, text } = endingInWords(reason);
  const receipt = session.receipt.value;
  return (
    <div class="stack" id="ended" data-reason={reason ?? ""}>
      <h1>{title}</h1>
      <div role="status">
        <p>{text}</p>
        <p>{words.ended.devicesOff}</p>
      </div>
      <div class="row">
        <button type="button" id="call-again" class="button primary" onClick={() => again(session)}>
          {words.ended.callAgain}
        </button>
        <button type="button" class="button" onClick={() => session.backToNotice()}>
          {words.ended.changeChoice}
        </button>
      </div>
      {receipt && <Afterwards receipt={receipt} customer={session.customer} />}
      <KeptLink customer={session.customer} />
    </div>
  );
}

/** Who did not want the call to end goes on with one press; anybody else may want other devices. */
function again(session: Session): void {
  void (BROKEN_OFF.has(session.endReason.value ?? "") ? session.callAgain() : session.check());
}

const BROKEN_OFF = new Set(["connection_failed", "media_stopped", "not_resumed", "server_stopped", "internal_error"]);

/** What can be said of the call and done with what was kept of it; of a call that is deleted nothing can be said. */
function Afterwards({ receipt, customer }: { receipt: Receipt; customer: string | undefined }) {
  const data = useMemo(() => {
    const ofCall: Claim = { kind: "call", ...receipt };
    return new OwnData(customer ? [{ kind: "customer", token: customer }, ofCall] : [ofCall]);
  }, [receipt, customer]);
  return (
    <>
      {!data.certificate.value && <SurveyView receipt={receipt} />}
      <OwnDataView data={data} />
    </>
  );
}
