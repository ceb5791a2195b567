// How far back is looked: one choice for the list, searches and trends.
import { signal } from "@preact/signals";
import { words } from "./words";

const DAY_S = 86_400;
const CHOICES_DAYS = [1, 7, 30, 90, 0] as const;

/** In days; 0 is all. */
export const period = signal(30);

/** The Unix time at which the period begins, in whole minutes so that the same question has the same words. */
export function fromAt(): number {
  return period.value === 0 ? 0 : Math.floor(Date.now() / 60_000) * 60 - period.value * DAY_S;
}

export function PeriodField() {
  return (
    <label class="field" for="period">
      {words.period.title}
      <select id="period" value={String(period.value)} onChange={(event) => (period.value = Number(event.currentTarget.value))}>
        {CHOICES_DAYS.map((days) => (
          <option key={days} value={String(days)}>
            {days === 0 ? words.period.all : words.period.days(days)}
          </option>
        ))}
      </select>
    </label>
  );
}
