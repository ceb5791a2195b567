// A search through what was said and what happened: hits as they come, how far it is, and a way to stop it.
import { signal } from "@preact/signals";
import { nameOf } from "../staff/names";
import { words as shared } from "../staff/words";
import { SearchIcon } from "../ui/icons";
import type { SearchDone, SearchHit } from "../wire/history";
import { fromAt } from "./period";
import { AskFailed, search } from "./service";
import { clock, when, words } from "./words";

/** Whether there is a search to show. */
export const searching = signal(false);
const typed = signal("");
const looked = signal("");
const hits = signal<SearchHit[]>([]);
const callsSoFar = signal(0);
const done = signal<SearchDone | null>(null);
const fault = signal<string | null>(null);
const running = signal(false);
let stop = new AbortController();

async function run(untilAt?: number): Promise<void> {
  stop.abort();
  stop = new AbortController();
  const mine = stop;
  if (untilAt === undefined) {
    hits.value = [];
    looked.value = typed.value.trim();
  }
  callsSoFar.value = 0;
  done.value = fault.value = null;
  searching.value = running.value = true;
  const wish = { words: looked.value, from_at: fromAt(), ...(untilAt === undefined ? {} : { until_at: untilAt }) };
  try {
    await search(
      wish,
      (line) => {
        if (stop !== mine) return;
        if (line.type === "hit") hits.value = [...hits.value, line];
        else if (line.type === "progress") callsSoFar.value = line.calls;
        else if (line.type === "done") done.value = line;
        else fault.value = line.message;
      },
      mine.signal,
    );
  } catch (error) {
    if (stop !== mine || mine.signal.aborted) return;
    fault.value = error instanceof AskFailed ? error.message : words.search.cutOff;
  }
  if (stop === mine) running.value = false;
}

function cancel(): void {
  stop.abort();
  running.value = false;
}

function close(): void {
  cancel();
  typed.value = "";
  searching.value = false;
}

export function SearchBox() {
  return (
    <form
      class="search-box"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.value.trim().length >= 2) void run();
      }}
    >
      <label class="field" for="search">
        {words.search.field}
        <input id="search" class="text-field" type="search" maxLength={200} value={typed.value} onInput={(event) => (typed.value = event.currentTarget.value)} placeholder={words.search.example} />
      </label>
      <button id="search-go" class="button primary" type="submit" disabled={typed.value.trim().length < 2}>
        <SearchIcon />
        {words.search.search}
      </button>
    </form>
  );
}

export function SearchResults() {
  return (
    <section class="panel block" aria-labelledby="results-title">
      <div class="block-header">
        <h2 id="results-title">{words.search.found(looked.value)}</h2>
        <button type="button" id="search-close" class="button small push" onClick={close}>
          {words.search.close}
        </button>
      </div>
      <p class="search-state" role="status">
        <span>{progress()}</span>
        {running.value && (
          <button type="button" id="search-stop" class="button small" onClick={cancel}>
            {words.search.stop}
          </button>
        )}
      </p>
      {fault.value && (
        <p class="message" role="alert">
          {fault.value}
        </p>
      )}
      <ol id="hits" class="hits">
        {hits.value.map((hit, place) => (
          <li key={place}>
            <a class="hit" href={`#call/${hit.call_id}/${Math.max(0, hit.at_s).toFixed(2)}`}>
              <span class="hit-when number">
                {when(hit.started_at)} · {clock(hit.at_s)}
              </span>
              <span class="hit-text">
                <b>{shared.of(nameOf("speaker", hit.who))}</b>
                {hit.text}
              </span>
            </a>
          </li>
        ))}
      </ol>
      {done.value && done.value.why !== "all" && done.value.oldest_at !== null && (
        <button type="button" id="search-older" class="button small" onClick={() => void run(done.value?.oldest_at ?? undefined)}>
          {words.search.older}
        </button>
      )}
    </section>
  );
}

function progress(): string {
  const said = words.search;
  const found = said.places(hits.value.length);
  if (running.value) return said.soFar(found, callsSoFar.value);
  if (!done.value) return said.stopped(found);
  const { calls, damaged } = done.value;
  return damaged === 0 ? said.done(found, calls) : `${said.done(found, calls)} ${said.damaged(damaged)}`;
}
