// How well the watched call is served: healthy, or what is degraded, why, how far, and since when.
import type { HealthSignal } from "../wire/messages";
import type { Watched } from "./watched";
import { elapsed, inWords } from "./words";

/** Rungs of the ladder that a call goes down when time is short; mirrors agent/core/budget.py. */
const RUNGS = [
  "full",
  "fewer_pictures",
  "smaller_pictures",
  "skipped_frames",
  "slower_hands",
  "slower_expression",
  "listening_only",
];

export function HealthView({ watched }: { watched: Watched }) {
  const health = watched.health?.value;
  if (!health) return null;
  const rate = health.analysed_fps === null ? "" : `, ${Math.round(health.analysed_fps)} pictures/s`;
  const reasons = health.reasons.join("; ") || "degraded";
  const step = stepInWords(health, Date.now() / 1000);
  return (
    <>
      <span id="health" class={`chip ${health.state === "good" ? "good" : "warn"}`} role="status">
        {health.state === "good" ? `healthy${rate}` : `${reasons}${rate}`}
      </span>
      {step && (
        <span id="rung" class="chip warn">
          {step}
        </span>
      )}
    </>
  );
}

/** "skipped frames, step 3 of 6 down, for 42 s"; null while nothing is degraded for lack of time. */
export function stepInWords({ rung, rung_since }: HealthSignal["value"], nowS: number): string | null {
  if (rung === "full") return null;
  const step = RUNGS.indexOf(rung);
  const place = step > 0 ? `, step ${step} of ${RUNGS.length - 1} down` : "";
  const since = rung_since === null ? "" : `, for ${elapsed(nowS - rung_since)}`;
  return `${inWords(rung)}${place}${since}`;
}
