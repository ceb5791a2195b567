// Short names of the agent as a supervisor reads them.

/** "return_item" → "return item". */
export function inWords(name: string): string {
  return name.replaceAll("_", " ");
}

/** The first letters of a call's id, enough to tell live calls apart. */
export function shortId(callId: string): string {
  return callId.slice(0, 6);
}

/** How long ago in seconds, or minutes and seconds: "42 s", "3:07 min", "1:02:09 h". */
export function elapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)} h`;
}

/** A share as a whole percentage. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A signed value between -1 and 1, or a dash where it is not known. */
export function signed(value: number | null): string {
  if (value === null) return "–";
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

export function milliseconds(value: number | null): string {
  if (value === null) return "–";
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

/** How many calls go on, for how many the machine is rated, and how many customers wait. */
export function fullnessInWords(calls: number, { rated, inLine }: { rated: number | null; inLine: number }): string {
  const going = calls === 0 ? "No calls" : calls === 1 ? "1 call" : `${calls} calls`;
  const rating = rated === null ? "" : `, rated for ${rated}`;
  const waiting = inLine === 0 ? "" : inLine === 1 ? "; 1 customer waits" : `; ${inLine} customers wait`;
  return going + rating + waiting;
}
