// The distribution over expressions as bars; what is not known is said, never drawn as neutral.
import { nameOf } from "../staff/names";
import { percent } from "../staff/words";
import type { ExpressionSignal } from "../wire/messages";
import { words } from "./words";

/** The eight classes of FER+, in its order. */
const EXPRESSIONS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

interface ExpressionPanelProps {
  signal: ExpressionSignal | null;
  /** Whether the customer agreed to it. */
  analysed: boolean;
}

export function ExpressionPanel({ signal, analysed }: ExpressionPanelProps) {
  const known = analysed && signal?.valid ? signal.value : null;
  const label = known?.label ?? "unknown";
  return (
    <section id="expressions" class="panel block" aria-labelledby="expressions-title" data-label={label}>
      <header class="block-header">
        <h3 id="expressions-title">{words.expression.title}</h3>
        <span class="chip">{analysed ? nameOf("emotion", label) : words.notAnalysed}</span>
      </header>
      <p id="expression-trust" class="small muted">
        {analysed ? trustInWords(signal) : words.notAgreed}
      </p>
      <Bars probabilities={known?.probabilities ?? {}} />
    </section>
  );
}

/** How sure it is and how good the picture was, or why nothing can be told. */
export function trustInWords(signal: ExpressionSignal | null): string {
  const said = words.expression;
  if (!signal?.valid || signal.value.label === "unknown") {
    return signal?.reason ? said.unsure(nameOf("reason", signal.reason)) : said.noEvidence;
  }
  const sure = signal.confidence === null ? "" : said.sure(percent(signal.confidence));
  const picture = signal.value.weight === null ? "" : said.trusted(percent(signal.value.weight));
  const shifted = signal.value.adapted > 0 ? said.adapted : "";
  return [sure, picture, shifted].filter(Boolean).join(" · ");
}

function Bars({ probabilities }: { probabilities: Record<string, number> }) {
  return (
    <ul class="bars">
      {EXPRESSIONS.map((name) => {
        const probability = probabilities[name];
        return (
          <li key={name} data-expression={name}>
            <span>{nameOf("emotion", name)}</span>
            <span class="bar" aria-hidden="true">
              <span style={{ transform: `scaleX(${probability ?? 0})` }} />
            </span>
            <span class="number">{probability === undefined ? "–" : percent(probability)}</span>
          </li>
        );
      })}
    </ul>
  );
}
