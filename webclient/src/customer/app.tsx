// Shows the phase of the visit that the customer is in.
import { useEffect, useRef } from "preact/hooks";
import { Mark } from "../ui/icons";
import { CheckView } from "./check_view";
import { EndedView, LeftView } from "./farewell_views";
import { LanguageSwitch } from "./language_switch";
import { ReturningView } from "./line_views";
import { NoticeView } from "./notice_view";
import { RoomView } from "./room_view";
import type { Phase, Session } from "./session";
import { WaitingView } from "./waiting_view";
import { words } from "./words";

export function App({ session }: { session: Session }) {
  const phase = session.phase.value;
  const main = useRef<HTMLElement>(null);
  const shown = useRef(phase);
  useEffect(() => {
    // A keyboard or screen reader follows to each new view, but is not moved when the page first opens.
    if (shown.current !== phase) main.current?.focus();
    shown.current = phase;
  }, [phase]);
  if (phase === "call") return <RoomView session={session} mainRef={main} />;
  return (
    <div class="page">
      <header class="page-header">
        <Mark />
        <span>{words.page.business}</span>
        {(phase === "notice" || phase === "left") && <LanguageSwitch customer={session.customer} />}
      </header>
      <main class="sheet panel" tabIndex={-1} ref={main}>
        <PhaseView phase={phase} session={session} />
      </main>
    </div>
  );
}

function PhaseView({ phase, session }: { phase: Phase; session: Session }) {
  switch (phase) {
    case "notice":
      return <NoticeView session={session} />;
    case "waiting":
      return <WaitingView session={session} />;
    case "returning":
      return <ReturningView session={session} />;
    case "left":
      return <LeftView session={session} />;
    case "ended":
      return <EndedView session={session} />;
    default:
      return <CheckView session={session} />;
  }
}
