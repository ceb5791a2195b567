// What the customer wants, as far as it was understood.
import { nameOf } from "../staff/names";
import { percent, words as shared } from "../staff/words";
import type { Watched } from "./watched";
import { words } from "./words";

/** `lang` is that of the call, as far as it is known. */
export function IntentPanel({ watched, lang }: { watched: Watched; lang: string | undefined }) {
  const intent = watched.intent;
  const slots = Object.entries(intent?.value.slots ?? {});
  return (
    <section id="intent" class="panel block" aria-labelledby="intent-title" data-label={intent?.value.label ?? ""}>
      <header class="block-header">
        <h3 id="intent-title">{words.intent.title}</h3>
        {intent && (
          <span class={`chip ${intent.value.out_of_scope ? "warn" : "good"}`}>
            {intent.value.out_of_scope ? words.intent.outOfScope : nameOf("intent", intent.value.label)}
          </span>
        )}
      </header>
      <p class="small">
        {!intent && <span class="muted">{words.intent.nothing}</span>}
        {intent?.value.out_of_scope && words.intent.closest(nameOf("intent", intent.value.label))}
        {intent && intent.confidence !== null && words.intent.confidence(percent(intent.confidence))}
        {slots.map(([name, value]) => (
          <span key={name}>
            {" "}
            · {shared.of(nameOf("slot", name))}
            <span lang={lang}>{value}</span>
          </span>
        ))}
      </p>
    </section>
  );
}
