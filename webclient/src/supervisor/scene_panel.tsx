// What situation the call is in, in words, and what speaks for it.
import { nameOf, namesOf } from "../staff/names";
import { elapsed, words as shared } from "../staff/words";
import type { SceneSignal } from "../wire/messages";
import { words } from "./words";

/** Those that a supervisor may want to do something about. */
const CALLS_FOR_CARE = new Set(["confused", "anxious", "escalating", "leaving"]);

export function ScenePanel({ signal }: { signal: SceneSignal | null }) {
  const known = signal?.valid && signal.value.label !== "unknown" ? signal.value : null;
  return (
    <section id="scene" class="panel block" aria-labelledby="scene-title" data-label={known?.label ?? "unknown"}>
      <header class="block-header">
        <h3 id="scene-title">{words.scene.title}</h3>
        <span class={`chip ${known && CALLS_FOR_CARE.has(known.label) ? "warn" : ""}`}>
          {known ? nameOf("scene", known.label) : words.unknown}
        </span>
      </header>
      <p class="small">
        {known ? (
          <>
            {words.scene.held(elapsed(known.held_s))}
            {known.because.length > 0 && <span class="muted">{words.scene.because(namesOf("sign", known.because, shared.comma))}</span>}
          </>
        ) : (
          <span class="muted">{signal?.reason ? nameOf("reason", signal.reason) : words.scene.nothing}</span>
        )}
      </p>
    </section>
  );
}
