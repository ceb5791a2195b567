// A small chart of horizontal bars with their range; the table beneath says the same in numbers.
import { words } from "./words";

export interface Bar {
  name: string;
  value: number;
  low?: number;
  high?: number;
  /** The value in words. */
  shown: string;
}

/** Beyond so many, a chart says nothing at a glance. */
const MOST_BARS = 31;
const WIDTH = 100;

export function BarChart({ title, bars, least = 0, most }: { title: string; bars: Bar[]; least?: number; most?: number }) {
  const shown = bars.slice(-MOST_BARS);
  const top = most ?? Math.max(1, ...shown.map(({ value }) => value));
  const at = (value: number) => ((Math.max(least, Math.min(top, value)) - least) / (top - least)) * WIDTH;
  const zero = at(Math.max(least, Math.min(top, 0)));
  return (
    <figure class="panel block bar-chart">
      <figcaption>{title}</figcaption>
      {shown.length === 0 && <p class="muted small">{words.trends.noGroup}</p>}
      <ul>
        {shown.map(({ name, value, low, high, shown: said }) => (
          <li key={name} class="bar-row">
            <span class="bar-name small">{name}</span>
            <svg class="bar" viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
              <rect class="bar-track" x="0" y="0" width={WIDTH} height="10" />
              <rect class="bar-value" x={Math.min(zero, at(value))} y="2" width={Math.max(0.6, Math.abs(at(value) - zero))} height="6" />
              {low !== undefined && high !== undefined && <rect class="bar-range" x={at(low)} y="4.4" width={Math.max(0.4, at(high) - at(low))} height="1.2" />}
            </svg>
            <span class="bar-shown small number">{said}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}
