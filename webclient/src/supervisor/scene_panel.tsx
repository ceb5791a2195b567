// What situation the call is in, in words, and what speaks for it.
import type { SceneSignal } from "../wire/messages";
import { elapsed } from "./words";

/** Mirrors the meanings in agent/core/types.py, as a supervisor says them. */
const SCENES: Record<string, string> = {
  first_contact: "first words of the call",
  explaining: "explains what it is about",
  searching: "looks for something",
  showing: "shows something to the camera",
  confused: "does not follow",
  waiting: "waits",
  anxious: "fears for a deadline",
  escalating: "complains ever more",
  agreeing: "agrees",
  leaving: "is about to leave",
  company: "is not alone",
};
/** Those that a supervisor may want to do something about. */
const CALLS_FOR_CARE = new Set(["confused", "anxious", "escalating", "leaving"]);

export function ScenePanel({ signal }: { signal: SceneSignal | null }) {
  const known = signal?.valid && signal.value.label !== "unknown" ? signal.value : null;
  return (
    <section id="scene" class="panel block" aria-labelledby="scene-title" data-label={known?.label ?? "unknown"}>
      <header class="block-header">
        <h3 id="scene-title">Situation</h3>
        <span class={`chip ${known && CALLS_FOR_CARE.has(known.label) ? "warn" : ""}`}>
          {known ? sceneInWords(known.label) : "unknown"}
        </span>
      </header>
      <p class="small">
        {known ? (
          <>
            for {elapsed(known.held_s)}
            {known.because.length > 0 && <span class="muted"> · because {known.because.join(", ")}</span>}
          </>
        ) : (
          <span class="muted">{signal?.reason ?? "Nothing stands out"}</span>
        )}
      </p>
    </section>
  );
}

/** What the customer does, from the name of a scene; a name that is not known here is read as it stands. */
export function sceneInWords(name: string): string {
  return SCENES[name] ?? name.replaceAll("_", " ");
}
