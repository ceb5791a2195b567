// How well the watched call is served: healthy, or what is degraded, why, how far, and since when.
import { Fragment } from "preact";
import { AgentSays } from "../staff/agent_says";
import { nameOf, names } from "../staff/names";
import { plainly, roomInWords } from "../staff/sentences";
import { elapsed, words as shared } from "../staff/words";
import type { HealthSignal } from "../wire/messages";
import type { Watched } from "./watched";
import { words } from "./words";

const RUNGS = Object.keys(names.rung);

export function HealthView({ watched }: { watched: Watched }) {
  const health = watched.health?.value;
  if (!health) return null;
  const rate = health.analysed_fps === null ? "" : words.health.rate(Math.round(health.analysed_fps));
  const well = health.state === "good";
  const step = stepInWords(health, Date.now() / 1000);
  return (
    <>
      <span id="health" class={`chip ${well ? "good" : "warn"}`} role="status">
        {well ? words.health.healthy : <Reasons health={health} />}
        {rate}
      </span>
      {step && (
        <span id="rung" class="chip warn">
          {step}
        </span>
      )}
    </>
  );
}

function Reasons({ health: { reasons, faults } }: { health: HealthSignal["value"] }) {
  if (faults.length === 0) return <>{reasons.length === 0 ? words.health.degraded : <AgentSays sentences={reasons.map(plainly)} between={shared.semicolon} />}</>;
  return (
    <>
      {faults.map((fault, place) => (
        <Fragment key={place}>
          {place > 0 && shared.semicolon}
          {shared.of(roomInWords(fault.room))}
          <AgentSays sentences={[fault]} between="" />
        </Fragment>
      ))}
    </>
  );
}

/** "skipped frames, step 3 of 6 down, for 42 s"; null while nothing is degraded for lack of time. */
export function stepInWords({ rung, rung_since }: HealthSignal["value"], nowS: number): string | null {
  if (rung === "full") return null;
  const step = RUNGS.indexOf(rung);
  const place = step > 0 ? words.health.step(step, RUNGS.length - 1) : "";
  const since = rung_since === null ? "" : words.health.since(elapsed(nowS - rung_since));
  return `${nameOf("rung", rung)}${place}${since}`;
}
