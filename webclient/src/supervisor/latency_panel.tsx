// How old what is shown was on being published, how long ago it came, and what each stage of perception took.
import { useNow } from "./use_now";
import { currentStages, type Freshness, percentile, type Watched } from "./watched";
import { elapsed, inWords, milliseconds } from "./words";

const SHOWN = [
  "picture",
  "face",
  "expression",
  "gesture",
  "affect",
  "scene",
  "voice",
  "voice_emotion",
  "transcript",
  "text_emotion",
  "intent",
];

export function LatencyPanel({ watched }: { watched: Watched }) {
  const stages = currentStages(watched, performance.now());
  const frames = Object.entries(watched.health?.value.frames ?? {});
  return (
    <section id="latency" class="panel block" aria-labelledby="latency-title">
      <h3 id="latency-title">Latency</h3>
      {Object.keys(watched.freshness).length > 0 ? (
        <Ages freshness={watched.freshness} />
      ) : (
        <p class="small muted">Nothing has come since you began to watch</p>
      )}
      {frames.length > 0 && (
        <p class="small frames">
          <span class="muted">Camera frames:</span> {frames.map(([what, count]) => `${count} ${inWords(what)}`).join(", ")}
        </p>
      )}
      {stages.length > 0 && (
        <table>
          <caption class="small muted">Time by stage of perception, in ms</caption>
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col">last</th>
              <th scope="col">p50</th>
              <th scope="col">p95</th>
            </tr>
          </thead>
          <tbody>
            {stages.map(([stage, { recentMs }]) => (
              <tr key={stage} data-stage={stage}>
                <th scope="row">{inWords(stage)}</th>
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
      <caption class="small muted">Age when published, in ms</caption>
      <thead>
        <tr>
          <th scope="col">Signal</th>
          <th scope="col">last</th>
          <th scope="col">p95</th>
          <th scope="col">came</th>
        </tr>
      </thead>
      <tbody>
        {SHOWN.flatMap((kind) => {
          const known = freshness[kind];
          if (!known) return [];
          return [
            <tr key={kind} data-kind={kind}>
              <th scope="row">{kind}</th>
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
  return agoMs < 1500 ? "now" : `${elapsed(agoMs / 1000)} ago`;
}
