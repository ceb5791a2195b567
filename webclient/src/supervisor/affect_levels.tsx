// The indices that go with affect, as bars from none to full; what cannot be told has no bar.
import { nameOf } from "../staff/names";
import { elapsed } from "../staff/words";
import type { AffectValue } from "../wire/messages";
import { words } from "./words";

const LEVELS = ["frustration", "confusion", "engagement", "urgency"] as const;
const HIGH = 0.66;
const SOME = 0.33;

export function AffectLevels({ affect }: { affect: AffectValue }) {
  return (
    <ul class="bars levels">
      {LEVELS.map((name) => {
        const level = affect[name];
        return (
          <li key={name} data-level={name}>
            <span>{nameOf("level", name)}</span>
            <span class="bar" aria-hidden="true">
              <span style={{ transform: `scaleX(${level ?? 0})` }} />
            </span>
            <span class="number">{levelInWords(level)}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** An index between 0 and 1 in one word; it is no probability, and its figure would pass for one. */
export function levelInWords(level: number | null): string {
  if (level === null) return "–";
  const { high, some, low } = words.affect.levels;
  return level >= HIGH ? high : level >= SOME ? some : low;
}

/** "worse since 12 s", while the change is news. */
export function changeInWords({ changed, changed_s }: AffectValue): string | null {
  if (changed === null) return null;
  const change = nameOf("change", changed);
  return changed_s === null ? change : words.affect.since(change, elapsed(changed_s));
}
