// The list of calls that have ended, newest first, with what narrows it down; a search takes its place while it lasts.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { nameOf, namesOf } from "../staff/names";
import { languageInWords, words as shared } from "../staff/words";
import { Columns } from "../ui/columns";
import { DownloadIcon } from "../ui/icons";
import type { PastCall } from "../wire/history";
import { PeriodField, fromAt, period } from "./period";
import { SearchBox, SearchResults, searching } from "./search_view";
import { AskFailed, addressOf, ask } from "./service";
import { OUTCOME_CHOICES, clock, outcomeInWords, when, words } from "./words";

const calls = signal<PastCall[]>([]);
const next = signal<string | null>(null);
const state = signal<"loading" | "ready">("loading");
const fault = signal<string | null>(null);
const filters = signal({ intent: "", domain: "", outcome: "", language: "" });
/** What was seen so far, to choose from. */
const intents = signal<readonly string[]>([]);
const domains = signal<readonly string[]>([]);
const languages = signal<readonly string[]>([]);
let asked = 0;

/** Loads the first page, or the one after what is shown. An answer that comes too late is left out. */
async function load(more: boolean): Promise<void> {
  const turn = ++asked;
  state.value = "loading";
  fault.value = null;
  try {
    const page = await ask("calls", "calls", { ...filters.value, from_at: fromAt(), before: more ? next.value : null });
    if (turn !== asked) return;
    calls.value = more ? [...calls.value, ...page.calls] : page.calls;
    next.value = page.next;
    const known = (before: readonly string[], names: (string | null)[]) => [...new Set([...before, ...names.filter((name) => name !== null)])].sort();
    intents.value = known(intents.value, page.calls.flatMap((call) => call.intents));
    domains.value = known(domains.value, page.calls.map(({ domain }) => domain));
    languages.value = known(languages.value, page.calls.map(({ language }) => language));
  } catch (error) {
    if (turn !== asked) return;
    fault.value = error instanceof AskFailed ? error.message : String(error);
  }
  state.value = "ready";
}

export function CallsView() {
  useEffect(() => void load(false), [filters.value, period.value]);
  return (
    <div class="calls-page">
      <section class="panel block filters" aria-label={words.calls.which}>
        <SearchBox />
        <div class="filter-row">
          <PeriodField />
          {!searching.value && (
            <>
              <Choice field="intent" values={intents.value.map((name) => [name, nameOf("intent", name)])} />
              <Choice field="outcome" values={OUTCOME_CHOICES} />
              <Choice field="domain" values={domains.value.map((name) => [name, nameOf("domain", name)])} />
              <Choice field="language" values={languages.value.map((name) => [name, languageInWords(name)])} />
            </>
          )}
        </div>
      </section>
      {searching.value ? <SearchResults /> : <CallTable />}
    </div>
  );
}

function Choice({ field, values }: { field: keyof typeof filters.value; values: (readonly [string, string])[] }) {
  const id = `filter-${field}`;
  return (
    <label class="field" for={id}>
      {words.calls.choose[field]}
      <select id={id} value={filters.value[field]} onChange={(event) => (filters.value = { ...filters.value, [field]: event.currentTarget.value })}>
        <option value="">{words.calls.all}</option>
        {values.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function CallTable() {
  const { columns } = words.calls;
  const none = calls.value.length === 0;
  return (
    <section class="panel block" aria-labelledby="calls-title" aria-busy={state.value === "loading"}>
      <div class="block-header">
        <h2 id="calls-title">{words.calls.title}</h2>
        <a id="export-calls" class="button small push" href={addressOf("export", { what: "calls", format: "csv", from_at: fromAt() })} download>
          <DownloadIcon />
          CSV
        </a>
      </div>
      {fault.value && (
        <p class="message" role="alert">
          {fault.value} <button type="button" class="link-button" onClick={() => void load(false)}>{words.tryAgain}</button>
        </p>
      )}
      {none && !fault.value && <p class="muted nothing">{state.value === "loading" ? words.loading : words.calls.none}</p>}
      {!none && (
        <div class="table-holder" tabIndex={0} role="region" aria-labelledby="calls-title">
          <table id="calls" class="calls-table call-rows">
            <Columns names={[columns.when, columns.lasted, columns.about, columns.outcome, columns.score, columns.drawn]} />
            <tbody>
              {calls.value.map((call) => (
                <CallRow key={call.call_id} call={call} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {next.value !== null && (
        <button type="button" id="more-calls" class="button small" disabled={state.value === "loading"} onClick={() => void load(true)}>
          {words.calls.more}
        </button>
      )}
    </section>
  );
}

function CallRow({ call }: { call: PastCall }) {
  const { columns } = words.calls;
  const about = call.intents.length ? namesOf("intent", call.intents.slice(0, 3), shared.comma) : "–";
  return (
    <tr>
      <td>
        <a class="call-link" href={`#call/${call.call_id}`}>
          {when(call.started_at)}
        </a>
        <span class="muted small"> {[call.domain && nameOf("domain", call.domain), languageInWords(call.language)].filter(Boolean).join(" · ")}</span>
      </td>
      <td class="number" data-name={shared.of(columns.lasted)}>
        {clock(call.lasted_s)}
      </td>
      <td data-name={shared.of(columns.about)}>{call.damaged ? <span class="chip warn">{words.calls.damaged}</span> : about}</td>
      <td data-name={shared.of(columns.outcome)}>
        {outcomeInWords(call.outcome)}
        {call.taken_over && <span class="chip">{words.calls.takenOver}</span>}
      </td>
      <td class="number" data-name={shared.of(columns.score)}>
        {call.score === null ? "–" : words.calls.score(call.score)}
        {call.resolved === false && <span class="chip warn">{words.calls.notResolved}</span>}
      </td>
      <td data-name={shared.of(columns.drawn)}>{call.replayable ? words.calls.faceAndHands : "–"}</td>
    </tr>
  );
}
