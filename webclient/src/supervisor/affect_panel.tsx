// How the customer seems to feel over the last seconds, how sure that is, and how it went.
import { nameOf } from "../staff/names";
import { percent, signed } from "../staff/words";
import type { AffectSignal } from "../wire/messages";
import { AffectLevels, changeInWords } from "./affect_levels";
import type { Watched } from "./watched";
import { words } from "./words";

export function AffectPanel({ watched, analysed }: { watched: Watched; analysed: boolean }) {
  const affect = analysed ? watched.affect : null;
  const known = affect?.valid && affect.value.label !== "unknown";
  const change = affect?.valid ? changeInWords(affect.value) : null;
  return (
    <section id="affect" class="panel block" aria-labelledby="affect-title" data-label={affect?.value.label ?? "unknown"}>
      <header class="block-header">
        <h3 id="affect-title">{words.affect.title}</h3>
        <span>
          {change && (
            <span id="change" class={`chip ${affect?.value.changed === "worse" ? "warn" : "good"}`}>
              {change}
            </span>
          )}{" "}
          <span class="chip">{known ? nameOf("emotion", affect.value.label) : analysed ? words.unknown : words.notAnalysed}</span>
        </span>
      </header>
      <p class="small">
        {affect && known ? (
          words.affect.read(signed(affect.value.valence), signed(affect.value.arousal), nameOf("trend", affect.value.trend))
        ) : (
          whyUnknown(affect, analysed)
        )}
        {affect && <span class="muted">{words.affect.evidence(percent(affect.value.coverage))}</span>}
      </p>
      {known && affect.value.conflict && (
        <p id="conflict" class="small">
          <span class="chip warn">{words.affect.disagree}</span> {words.affect.conflict(nameOf("emotion", affect.value.conflict))}
        </p>
      )}
      {affect?.valid && <AffectLevels affect={affect.value} />}
    </section>
  );
}

function whyUnknown(affect: AffectSignal | null, analysed: boolean): string {
  if (!analysed) return words.notAgreed;
  return affect?.reason ? nameOf("reason", affect.reason) : words.affect.noEvidence;
}
