// `/privacy`: what is analysed and kept and for how long, to read at any time, and one's own data for who came by a link.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Mark } from "../ui/icons";
import { locale } from "../ui/language";
import { OwnData } from "./after_call";
import { LanguageSwitch } from "./language_switch";
import { MoreText } from "./notice_view";
import { OwnDataView } from "./own_data_view";
import { fetchNotice, type Notice } from "./service";
import { takeCustomer } from "./signed_in";
import { words } from "./words";

export function PrivacyPage() {
  const customer = useMemo(takeCustomer, []);
  return (
    <div class="page">
      <header class="page-header">
        <Mark />
        <span>{words.page.business}</span>
        <LanguageSwitch customer={customer} />
      </header>
      <main class="sheet panel privacy">
        <h1>{words.privacy.title}</h1>
        <WhatIsKept customer={customer} />
        {customer ? <Own customer={customer} /> : <p class="muted">{words.privacy.yoursText}</p>}
        <p>
          <a href={`/${location.search}`}>{words.privacy.toCall}</a>
        </p>
      </main>
    </div>
  );
}

function WhatIsKept({ customer }: { customer: string | undefined }) {
  const notice = useSignal<Notice | null>(null);
  const problem = useSignal<string | null>(null);
  const load = async () => {
    problem.value = null;
    try {
      notice.value = await fetchNotice(locale, customer);
    } catch (error) {
      problem.value = error instanceof Error ? error.message : words.privacy.failed;
    }
  };
  useEffect(() => void load(), []);
  if (notice.value) {
    return (
      <div class="prose" lang={notice.value.locale}>
        {notice.value.text.map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
        <MoreText more={notice.value.more} />
        <p class="small muted">{notice.value.footer}</p>
      </div>
    );
  }
  if (!problem.value) return <p class="muted">{words.privacy.loading}</p>;
  return (
    <>
      <p class="message grave" role="alert">
        {problem.value}
      </p>
      <div class="row">
        <button type="button" class="button" onClick={load}>
          {words.notice.tryAgain}
        </button>
      </div>
    </>
  );
}

function Own({ customer }: { customer: string }) {
  const data = useMemo(() => new OwnData([{ kind: "customer", token: customer }]), [customer]);
  return <OwnDataView data={data} />;
}
