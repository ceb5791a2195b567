// How old what is shown was on being published, how long ago it came, and what each stage of perception took.
import { nameOf, names } from "../staff/names";
import { ago, milliseconds, words as shared } from "../staff/words";
import { Columns } from "../ui/columns";
import { useNow } from "./use_now";
import { currentStages, type Freshness, percentile, type Watched } from "./watched";
import { words } from "./words";

const SHOWN = Object.keys(names.signal);

export function LatencyPanel({ watched }: { watched: Watched }) {
  const stages = currentStages(watched, performance.now());
  const frames = Object.entries(watched.health?.value.frames ?? {});
  return (
    <section id="latency" class="panel block" aria-labelledby="latency-title">
      <h3 id="latency-title">{words.latency.title}</h3>
      {Object.keys(watched.freshness).length > 0 ? (
        <Ages freshness={watched.freshness} />
      ) : (
        <p class="small muted">{words.latency.nothing}</p>
      )}
      {frames.length > 0 && (
        <p class="small frames">
          <span class="muted">{words.latency.frames}</span>{" "}
          {frames.map(([what, count]) => words.latency.frame(count, nameOf("frame", what))).join(shared.comma)}
        </p>
      )}
      {stages.length > 0 && (
        <table>
          <caption class="small muted">{words.latency.byStage}</caption>
          <Columns names={[words.latency.stage, words.latency.last, "p50", "p95"]} />
          <tbody>
            {stages.map(([stage, { recentMs }]) => (
              <tr key={stage} data-stage={stage}>
                <th scope="row">{nameOf("stage", stage)}</th>
                <td>{milliseconds(recentMs.at(-1) ?? null)}</td>
                <td>{milliseconds(percentile(recentMs, 0.5))}</td>
                <td>{milliseconds(percentile(recentMs, 0.95))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Ages({ freshness }: { freshness: Record<string, Freshness> }) {
  useNow(500);
  const nowMs = performance.now();
  return (
    <table>
      <caption class="small muted">{words.latency.byAge}</caption>
      <Columns names={[words.latency.signal, words.latency.last, "p95", words.latency.came]} />
      <tbody>
        {SHOWN.flatMap((kind) => {
          const known = freshness[kind];
          if (!known) return [];
          return [
            <tr key={kind} data-kind={kind}>
              <th scope="row">{nameOf("signal", kind)}</th>
              <td>{milliseconds(known.ageMs)}</td>
              <td>{milliseconds(percentile(known.recentAgesMs, 0.95))}</td>
              <td class="muted">{cameInWords(nowMs - known.receivedMs)}</td>
            </tr>,
          ];
        })}
      </tbody>
    </table>
  );
}

function cameInWords(agoMs: number): string {
  return agoMs < 1500 ? words.latency.now : ago(agoMs / 1000);
}
