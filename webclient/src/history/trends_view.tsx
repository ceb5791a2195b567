// How calls went, by day, intent, domain, outcome or language: one small chart at a time, and all figures in a table.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { nameOf } from "../staff/names";
import { languageInWords, signed } from "../staff/words";
import { Columns } from "../ui/columns";
import { DownloadIcon } from "../ui/icons";
import type { Group, Prediction, Trends } from "../wire/history";
import { BarChart, type Bar } from "./bar_chart";
import { PeriodField, fromAt, period } from "./period";
import { AskFailed, addressOf, ask } from "./service";
import { average, change, dayInWords, minutes, outcomeInWords, share, words } from "./words";

const GROUPINGS = ["day", "intent", "domain", "outcome", "language"] as const;
type Grouping = (typeof GROUPINGS)[number];

const by = signal<Grouping>("day");
const trends = signal<Trends | null>(null);
const fault = signal<string | null>(null);

function question() {
  return { by: by.value, from_at: fromAt(), utc_offset_min: -new Date().getTimezoneOffset() };
}

let asked = 0;

/** An answer that comes after another question was asked is left out. */
async function load(): Promise<void> {
  const turn = ++asked;
  fault.value = null;
  try {
    const told = await ask("trends", "trends", question());
    if (turn === asked) trends.value = told;
  } catch (error) {
    if (turn === asked) fault.value = error instanceof AskFailed ? error.message : String(error);
  }
}

export function TrendsView() {
  useEffect(() => void load(), [by.value, period.value]);
  return (
    <div class="calls-page">
      <section class="panel block filters" aria-label={words.trends.what}>
        <div class="filter-row">
          <PeriodField />
          <label class="field" for="by">
            {words.trends.by}
            <select id="by" value={by.value} onChange={(event) => (by.value = event.currentTarget.value as Grouping)}>
              {GROUPINGS.map((grouping) => (
                <option key={grouping} value={grouping}>
                  {words.trends.groupings[grouping]}
                </option>
              ))}
            </select>
          </label>
        </div>
      </section>
      {fault.value && (
        <p class="message" role="alert">
          {fault.value} <button type="button" class="link-button" onClick={() => void load()}>{words.tryAgain}</button>
        </p>
      )}
      {trends.value ? <Compared trends={trends.value} /> : !fault.value && <p class="muted nothing">{words.loading}</p>}
    </div>
  );
}

function groupInWords(by: string, name: string): string {
  if (by === "outcome") return outcomeInWords(name === "unknown" ? null : name);
  if (by === "day") return dayInWords(name);
  if (by === "language") return languageInWords(name);
  return by === "intent" || by === "domain" ? nameOf(by, name) : name;
}

function withN(value: string, n: number): string {
  return words.trends.withN(value, words.trends.n(n));
}

function Compared({ trends: told }: { trends: Trends }) {
  if (told.total.calls === 0) return <p class="muted nothing">{words.trends.none}</p>;
  const bars = (value: (group: Group) => Omit<Bar, "name"> | null): Bar[] =>
    told.groups.flatMap((group) => {
      const bar = value(group);
      return bar ? [{ name: groupInWords(told.by, group.name), ...bar }] : [];
    });
  return (
    <>
      <div class="charts">
        <BarChart title={words.trends.calls} bars={bars(({ calls }) => ({ value: calls, shown: String(calls) }))} />
        <BarChart title={words.trends.handed} most={1} bars={bars(({ handed_off }) => ({ value: handed_off.value, low: handed_off.low, high: handed_off.high, shown: share(handed_off) }))} />
        <BarChart title={words.trends.scores} least={1} most={5} bars={bars(({ score }) => score && { value: score.value, low: score.low, high: score.high, shown: withN(average(score), score.n) })} />
        <BarChart title={words.trends.change} least={-1} most={1} bars={bars(({ valence_change: moved }) => moved && { value: moved.value, low: moved.low, high: moved.high, shown: withN(signed(moved.value), moved.n) })} />
      </div>
      <Told trends={told} />
    </>
  );
}

function Told({ trends: told }: { trends: Trends }) {
  const said = words.trends;
  const heading = GROUPINGS.find((grouping) => grouping === told.by);
  return (
    <section class="panel block" aria-labelledby="figures-title">
      <div class="block-header">
        <h2 id="figures-title">{said.all}</h2>
        <span class="push exports">
          {(["csv", "json", "parquet"] as const).map((format) => (
            <a key={format} id={`export-${format}`} class="button small" href={addressOf("export", { what: "trends", format, ...question() })} download>
              <DownloadIcon />
              {format === "parquet" ? "Parquet" : format.toUpperCase()}
            </a>
          ))}
        </span>
      </div>
      <div class="table-holder" tabIndex={0} role="region" aria-labelledby="figures-title">
        <table id="figures" class="calls-table figures">
          <Columns names={[heading ? said.groupings[heading] : told.by, said.calls, said.lasted, said.handed, said.resolved, said.score, said.predicted, said.changed]} />
          <tbody>
            {told.groups.map((group) => (
              <Figures key={group.name} name={groupInWords(told.by, group.name)} group={group} />
            ))}
          </tbody>
          <tfoot>
            <Figures name={said.allCalls} group={told.total} />
          </tfoot>
        </table>
      </div>
      <Notes trends={told} />
    </section>
  );
}

function Figures({ name, group }: { name: string; group: Group }) {
  const of = (n: number | undefined) => (n ? <span class="muted small"> {words.trends.n(n)}</span> : null);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number">{group.calls}</td>
      <td class="number">{minutes(group.lasted_s)}</td>
      <td class="number">{share(group.handed_off)}</td>
      <td class="number">
        {share(group.resolved)}
        {of(group.resolved?.n)}
      </td>
      <td class="number">
        {average(group.score)}
        {of(group.score?.n)}
      </td>
      <td class="number">
        {average(group.predicted)}
        {of(group.predicted?.n)}
      </td>
      <td class="number">
        {group.hidden ? <span class="muted">{words.trends.tooFew}</span> : change(group.valence_change)}
        {of(group.valence_change?.n)}
      </td>
    </tr>
  );
}

function Notes({ trends: told }: { trends: Trends }) {
  const { notes } = words.trends;
  return (
    <ul class="notes small">
      <li>{notes.interval}</li>
      <li>{notes.valence(told.smallest_group)}</li>
      <li id="prediction">{predictionInWords(told.prediction)}</li>
      {told.without_facts > 0 && <li>{notes.without(told.without_facts)}</li>}
      {told.cut && <li>{notes.cut}</li>}
    </ul>
  );
}

function predictionInWords({ n, least, error, error_of_mean: ofMean }: Prediction): string {
  const { noPrediction, prediction, worthless } = words.trends.notes;
  if (error === null || ofMean === null) return noPrediction(n, least);
  return (error.value < ofMean ? prediction : worthless)(n, average(error, 2), ofMean.toFixed(2));
}
