// The distribution over expressions as bars; what is not known is said, never drawn as neutral.
import { EXPRESSIONS, type ExpressionSignal } from "../wire/signals";
import { inWords, percent } from "./words";

interface ExpressionPanelProps {
  signal: ExpressionSignal | null;
  /** Whether the customer agreed to it. */
  analysed: boolean;
}

export function ExpressionPanel({ signal, analysed }: ExpressionPanelProps) {
  const label = signal?.valid ? signal.value.label : "unknown";
  return (
    <section id="expressions" class="panel block" aria-labelledby="expressions-title" data-label={label}>
      <header class="block-header">
        <h3 id="expressions-title">Expression</h3>
        <span class="chip">{analysed ? inWords(label) : "not analysed"}</span>
      </header>
      {label === "unknown" && (
        <p class="small muted">
          {analysed ? (signal?.reason ?? "The picture carries no clear expression") : "The customer did not agree to it, or took it back"}
        </p>
      )}
      <Bars probabilities={signal?.valid ? signal.value.probabilities : {}} />
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
