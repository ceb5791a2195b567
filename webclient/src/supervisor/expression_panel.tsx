// The distribution over expressions as bars; what is not known is said, never drawn as neutral.
import type { ExpressionSignal } from "../wire/messages";
import { inWords, percent } from "./words";

/** The eight classes of FER+, in its order. */
const EXPRESSIONS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];
const NO_EVIDENCE = "No picture of late carries a clear expression";
export const NOT_AGREED = "The customer did not agree to it, or took it back";

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
        <h3 id="expressions-title">Expression</h3>
        <span class="chip">{analysed ? inWords(label) : "not analysed"}</span>
      </header>
      {label === "unknown" && (
        <p class="small muted">
          {analysed ? (signal?.reason ?? NO_EVIDENCE) : NOT_AGREED}
        </p>
      )}
      <Bars probabilities={known?.probabilities ?? {}} />
    </section>
  );
}

function Bars({ probabilities }: { probabilities: Record<string, number> }) {
  return (
    <ul class="bars">
      {EXPRESSIONS.map((name) => {
        const probability = probabilities[name];
        return (
          <li key={name} data-expression={name}>
            <span>{name}</span>
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
