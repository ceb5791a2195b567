// Words and figures as the pages of staff write them, in the language of the page.
import { language, locale, writtenAs } from "../ui/language";
import { en } from "./words/en";
import { zh } from "./words/zh";

export const words = { en, zh }[language];
/** By what dates and names of languages are written. */
export const written = writtenAs(language, locale);

/** The first letters of a call's id, enough to tell live calls apart. */
export function shortId(callId: string): string {
  return callId.slice(0, 6);
}

/** A member of staff, from the name by which the agent writes down who did something. */
export function whoInWords(written: string): string {
  const name = written.replace(/^staff:/, "");
  return name === "by link" ? words.someoneByLink : name;
}

/** How long something takes or took, in seconds, minutes and hours. */
export function elapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return words.elapsed(Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60);
}

/** How long ago something was. */
export function ago(seconds: number): string {
  return words.ago(elapsed(seconds));
}

/** A share as a whole percentage. */
export function percent(share: number): string {
  return words.percent(Math.round(share * 100));
}

/** A signed value between -1 and 1, or a dash where it is not known. */
export function signed(value: number | null): string {
  if (value === null) return "–";
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

export function milliseconds(value: number | null): string {
  if (value === null) return "–";
  // A clock that is corrected may set a signal a hair before its capture.
  const shown = Math.abs(value) < 0.05 ? 0 : value;
  return shown < 10 ? shown.toFixed(1) : String(Math.round(shown));
}

const LANGUAGES = new Intl.DisplayNames([written], { type: "language" });

/** The name of a language, from a tag such as "pt-BR"; the tag itself where it is no such thing. */
export function languageInWords(tag: string): string {
  try {
    return LANGUAGES.of(tag) ?? tag;
  } catch {
    return tag;
  }
}
