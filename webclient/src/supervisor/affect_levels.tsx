// The indices that go with affect, as bars from none to full; what cannot be told has no bar.
import type { AffectValue } from "../wire/messages";
import { elapsed } from "./words";

const LEVELS = ["frustration", "confusion", "engagement", "urgency"] as const;
const WORDS: [atLeast: number, word: string][] = [
  [0.66, "high"],
  [0.33, "some"],
  [0, "low"],
];

export function AffectLevels({ affect }: { affect: AffectValue }) {
  return (
    <ul class="bars levels">
      {LEVELS.map((name) => {
        const level = affect[name];
        return (
          <li key={name} data-level={name}>
            <span>{name}</span>
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
  return WORDS.find(([atLeast]) => level >= atLeast)?.[1] ?? "–";
}

/** "worse since 12 s", while the change is news. */
export function changeInWords({ changed, changed_s }: AffectValue): string | null {
  if (changed === null) return null;
  return changed_s === null ? changed : `${changed} since ${elapsed(changed_s)}`;
}
