// The supervisor's page at a glance: alerts on top, calls at the side, the watched call in the middle.
import { Mark } from "../ui/icons";
import { AlertList } from "./alert_list";
import { CallListView } from "./call_list";
import type { Desk } from "./desk";
import type { FeedState } from "./feed";
import { WatchView } from "./watch_view";

export function App({ desk }: { desk: Desk }) {
  return (
    <div class="console">
      <header class="console-header">
        <Mark />
        <h1>Live calls</h1>
        <Connection state={desk.connection.value} />
      </header>
      <AlertList desk={desk} />
      <CallListView desk={desk} />
      <main class="watch">{desk.watched.value ? <WatchView desk={desk} /> : <NothingWatched desk={desk} />}</main>
    </div>
  );
}

function Connection({ state }: { state: FeedState }) {
  const words = { open: "Live", connecting: "Connecting…", waiting: "Not connected, trying again…" }[state];
  return (
    <p id="connection" class={`chip ${state === "open" ? "good" : "warn"}`} role="status" data-state={state}>
      {words}
    </p>
  );
}

function NothingWatched({ desk }: { desk: Desk }) {
  const none = desk.calls.value?.length === 0;
  return (
    <p class="muted nothing">{none ? "No one is calling right now. New calls appear here by themselves." : "Choose a call to watch it."}</p>
  );
}
