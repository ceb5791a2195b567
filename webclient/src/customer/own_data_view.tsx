// Having or deleting what was kept, by whoever can prove that it is theirs.
import { useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Claim, OwnData } from "./after_call";
import { words } from "./words";

export function OwnDataView({ data }: { data: OwnData }) {
  const claim = data.claim.value;
  const certificate = data.certificate.value;
  const said = useComputed(() => {
    if (data.certificate.value) return words.ownData.erased;
    return data.downloaded.value && data.doing.value === "nothing" && !data.problem.value ? words.ownData.downloaded : "";
  });
  return (
    <section id="own-data" class="care" aria-labelledby="own-data-title" data-about={claim?.kind ?? "nothing"}>
      <h2 id="own-data-title">{words.ownData.title}</h2>
      {data.problem.value && (
        <p class="message" role="alert">
          {data.linkIsOver.value && claim ? words.sentences(data.problem.value, words.ownData.callInstead) : data.problem.value}
        </p>
      )}
      <p class="small" role="status">
        {said.value}
      </p>
      {certificate && (
        <div class="row">
          <button type="button" id="save-certificate" class="button small" onClick={() => data.saveCertificate()}>
            {words.ownData.certificate}
          </button>
        </div>
      )}
      {claim && !certificate && <Offers data={data} claim={claim} />}
    </section>
  );
}

function Offers({ data, claim }: { data: OwnData; claim: Claim }) {
  const doing = data.doing.value;
  const asking = doing === "asking" || doing === "erasing";
  return (
    <>
      <p class="small muted">{about(claim)}</p>
      <div class="row">
        <button type="button" id="download-data" class="button small" aria-disabled={doing !== "nothing"} onClick={() => doing === "nothing" && data.download()}>
          {doing === "downloading" ? words.ownData.downloading : words.ownData.download}
        </button>
        {!asking && (
          <button type="button" id="erase-data" class="button small" onClick={() => data.askToErase()}>
            {words.ownData.erase}
          </button>
        )}
      </div>
      {asking && <Sure data={data} claim={claim} />}
    </>
  );
}

function Sure({ data, claim }: { data: OwnData; claim: Claim }) {
  const question = useRef<HTMLDivElement>(null);
  const erasing = data.doing.value === "erasing";
  useEffect(() => question.current?.focus(), []);
  return (
    <div class="message grave stack" role="group" aria-labelledby="sure-title" tabIndex={-1} ref={question}>
      <strong id="sure-title">{words.ownData.sure}</strong>
      <p>{claim.kind === "call" ? words.ownData.sureCall : words.ownData.sureCustomer}</p>
      <div class="row">
        <button type="button" id="erase-now" class="button danger small" aria-disabled={erasing} onClick={() => data.erase()}>
          {erasing ? words.ownData.erasing : words.ownData.eraseNow}
        </button>
        {!erasing && (
          <button type="button" id="keep-data" class="button small" onClick={() => data.keep()}>
            {words.ownData.keep}
          </button>
        )}
      </div>
    </div>
  );
}

function about(claim: Claim): string {
  if (claim.kind === "customer") return words.ownData.ofCustomer;
  const until = new Intl.DateTimeFormat(words.tag, { dateStyle: "medium", timeStyle: "short" });
  return words.ownData.ofCall(until.format(claim.untilMs));
}
