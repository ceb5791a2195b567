// Past calls: the list and its search, one call again, or how calls went. The address tells which.
import { signal } from "@preact/signals";
import { words as shared } from "../staff/words";
import { Mark } from "../ui/icons";
import { inThisLanguage } from "../ui/language";
import { SignedIn } from "../supervisor/signed_in_view";
import { CallsView } from "./calls_view";
import { CallView } from "./call_view";
import { TrendsView } from "./trends_view";
import { words } from "./words";

export type Place = { view: "calls" } | { view: "trends" } | { view: "call"; callId: string; atS: number };

/** "#trends", "#call/ID" or "#call/ID/12.5"; anything else is the list. */
export function placeIn(hash: string): Place {
  if (hash === "#trends") return { view: "trends" };
  const [, callId, at] = /^#call\/([\w-]{1,64})(?:\/(\d+(?:\.\d+)?))?$/.exec(hash) ?? [];
  return callId === undefined ? { view: "calls" } : { view: "call", callId, atS: Number(at ?? 0) };
}

const place = signal<Place>(placeIn(location.hash));
addEventListener("hashchange", () => {
  place.value = placeIn(location.hash);
  scrollTo(0, 0);
});

export function App() {
  const here = place.value;
  return (
    <div class="history">
      <Header view={here.view} />
      <main>
        {/* The list stays as it was while a call is looked at. */}
        <div hidden={here.view !== "calls"}>
          <CallsView />
        </div>
        {here.view === "trends" && <TrendsView />}
        {here.view === "call" && <CallView key={here.callId} callId={here.callId} atS={here.atS} />}
      </main>
    </div>
  );
}

function Header({ view }: { view: Place["view"] }) {
  const current = (which: boolean) => (which ? ({ "aria-current": "page" } as const) : {});
  return (
    <header class="history-header">
      <Mark />
      <h1>{words.title}</h1>
      <nav class="places" aria-label={shared.pages}>
        <a href={inThisLanguage("/supervisor")}>{shared.live}</a>
        <a href="#calls" {...current(view !== "trends")}>
          {shared.history}
        </a>
        <a href="#trends" {...current(view === "trends")}>
          {shared.trends}
        </a>
      </nav>
      <SignedIn />
    </header>
  );
}
