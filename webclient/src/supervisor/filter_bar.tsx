// What of the wall is shown, and how: filters, density, small pictures.
import type { Signal } from "@preact/signals";
import { nameOf } from "../staff/names";
import { languageInWords } from "../staff/words";
import type { CallSummary } from "../wire/messages";
import { choices, EVERYTHING, type Filter, language } from "./need";
import { words } from "./words";

interface FilterBarProps {
  calls: readonly CallSummary[];
  filter: Signal<Filter>;
  dense: boolean;
  onDense(yes: boolean): void;
  pictures: Signal<boolean>;
  narrow: boolean;
}

export function FilterBar({ calls, filter, dense, onDense, pictures, narrow }: FilterBarProps) {
  const change = (part: Partial<Filter>) => (filter.value = { ...filter.value, ...part });
  return (
    <form class="filters" role="search" aria-label={words.filters.title} onSubmit={(event) => event.preventDefault()}>
      <input
        type="search"
        id="search-call"
        class="text-field"
        placeholder={words.filters.callId}
        aria-label={words.filters.findCall}
        value={filter.value.search}
        onInput={(event) => change({ search: event.currentTarget.value })}
      />
      {!narrow && (
        <>
          <Choice name="state" inWords={(state) => nameOf("state", state)} calls={calls} of={(call) => call.state} filter={filter} />
          <Choice name="intent" inWords={(intent) => nameOf("intent", intent)} calls={calls} of={(call) => call.last_intent} filter={filter} />
          <Choice name="domain" inWords={(domain) => nameOf("domain", domain)} calls={calls} of={(call) => call.domain} filter={filter} />
          <Choice name="language" inWords={languageInWords} calls={calls} of={language} filter={filter} />
        </>
      )}
      <Toggle id="alerts-only" on={filter.value.alertsOnly} onTurn={(alertsOnly) => change({ alertsOnly })}>
        {words.filters.alertsOnly}
      </Toggle>
      <Toggle id="small-pictures" on={pictures.value} onTurn={(on) => (pictures.value = on)}>
        {words.filters.pictures}
      </Toggle>
      {!narrow && (
        <Toggle id="dense" on={dense} onTurn={onDense}>
          {words.filters.dense}
        </Toggle>
      )}
      {filter.value !== EVERYTHING && (
        <button type="button" class="link-button small" id="clear-filters" onClick={() => (filter.value = EVERYTHING)}>
          {words.filters.clear}
        </button>
      )}
    </form>
  );
}

interface ChoiceProps {
  name: "state" | "intent" | "domain" | "language";
  /** An option as it is read. */
  inWords(option: string): string;
  calls: readonly CallSummary[];
  of(call: CallSummary): string | null;
  filter: Signal<Filter>;
}

function Choice({ name, inWords, calls, of, filter }: ChoiceProps) {
  const chosen = filter.value[name];
  // There is nothing to choose where all are the same.
  if (new Set(calls.map(of)).size < 2 && !chosen) return null;
  return (
    <select
      id={`filter-${name}`}
      class="text-field"
      aria-label={words.filters[name]}
      value={chosen}
      onChange={(event) => (filter.value = { ...filter.value, [name]: event.currentTarget.value })}
    >
      <option value="">{words.filters[name]}</option>
      {choices(calls, of).map((option) => (
        <option key={option} value={option}>
          {inWords(option)}
        </option>
      ))}
    </select>
  );
}

interface ToggleProps {
  id: string;
  on: boolean;
  onTurn(on: boolean): void;
  children: string;
}

function Toggle({ id, on, onTurn, children }: ToggleProps) {
  return (
    <button type="button" id={id} class="toggle" aria-pressed={on} onClick={() => onTurn(!on)}>
      {children}
    </button>
  );
}
