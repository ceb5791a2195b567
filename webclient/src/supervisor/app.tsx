// The supervisors' page: the wall of all calls, or one of them beside it; alerts on top of either.
import { words as shared } from "../staff/words";
import { Mark } from "../ui/icons";
import { inThisLanguage } from "../ui/language";
import { AlertList } from "./alert_list";
import { chimes, turnChime } from "./chime";
import type { Desk } from "./desk";
import type { FeedState } from "./feed";
import { SoundIcon } from "./icons";
import { ServiceStrip } from "./service_strip";
import { SignedIn } from "./signed_in_view";
import { Wall } from "./wall";
import { WatchView } from "./watch_view";
import { words } from "./words";

export function App({ desk }: { desk: Desk }) {
  const watching = desk.watchedId.value !== null;
  return (
    <div class={`console ${watching ? "watching" : ""}`}>
      <header class="console-header">
        <Mark />
        <h1>{words.title}</h1>
        <nav class="places" aria-label={shared.pages}>
          <a href={inThisLanguage("/supervisor")} aria-current="page">
            {shared.live}
          </a>
          <a href={inThisLanguage("/history")}>{shared.history}</a>
        </nav>
        <Connection state={desk.connection.value} />
        <button
          type="button"
          id="chime"
          class="toggle"
          aria-pressed={chimes.value}
          title={words.chime.what}
          onClick={() => turnChime(!chimes.value)}
        >
          <SoundIcon off={!chimes.value} /> <span>{chimes.value ? words.chime.on : words.chime.off}</span>
        </button>
        <SignedIn />
      </header>
      <ServiceStrip desk={desk} />
      <AlertList desk={desk} />
      {!watching && desk.fault.value && (
        <p class="message" role="status">
          {desk.fault.value}
        </p>
      )}
      <Wall desk={desk} narrow={watching} />
      {watching && (
        <main class="watch">
          <WatchView desk={desk} />
        </main>
      )}
    </div>
  );
}

function Connection({ state }: { state: FeedState }) {
  return (
    <p id="connection" class={`chip ${state === "open" ? "good" : "warn"}`} role="status" data-state={state}>
      {words.connection[state]}
    </p>
  );
}
