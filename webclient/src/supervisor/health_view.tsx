// How well the watched call is served: healthy, or what is degraded, why, how far, and since when.
import { nameOf, names } from "../staff/names";
import { AGENT_WRITES, elapsed } from "../staff/words";
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
        {well ? words.health.healthy : <Reasons reasons={health.reasons} />}
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

function Reasons({ reasons }: { reasons: readonly string[] }) {
  return reasons.length === 0 ? <>{words.health.degraded}</> : <span lang={AGENT_WRITES}>{reasons.join("; ")}</span>;
}

/** "skipped frames, step 3 of 6 down, for 42 s"; null while nothing is degraded for lack of time. */
export function stepInWords({ rung, rung_since }: HealthSignal["value"], nowS: number): string | null {
  if (rung === "full") return null;
  const step = RUNGS.indexOf(rung);
  const place = step > 0 ? words.health.step(step, RUNGS.length - 1) : "";
  const since = rung_since === null ? "" : words.health.since(elapsed(nowS - rung_since));
  return `${nameOf("rung", rung)}${place}${since}`;
}
