// The language that a page is in: its own address says so, or else the browser.

/** Languages that pages are in, by ISO 639-1. */
export type Language = "en" | "zh";

/** A language with its region, such as "zh-CN", from `?lang=` in `search` or else from what the browser prefers. */
export function pageLocale(search: string, preferred: string): string {
  return wellFormed(new URLSearchParams(search).get("lang") ?? "") ?? wellFormed(preferred) ?? "en";
}

/** The language in which a page is shown to who reads `locale`; English stands in for any that pages are not in. */
export function languageOf(locale: string): Language {
  return locale.toLowerCase().split("-")[0] === "zh" ? "zh" : "en";
}

/** What whoever looks at this page reads. */
export const locale = pageLocale(globalThis.location?.search ?? "", globalThis.navigator?.language ?? "");
export const language = languageOf(locale);

/** Shows the page as one in the language that `tag` names. */
export function entitle(tag: string, title: string): void {
  document.documentElement.lang = tag;
  document.title = title;
}

/** The address of another page, in the language that this page's address asks for. */
export function inThisLanguage(path: string, search: string = location.search): string {
  const asked = new URLSearchParams(search).get("lang");
  return asked === null ? path : `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams({ lang: asked })}`;
}

/** By what dates, names and numbers are written on a page in `shown`: its readers' own form of it where they have one. */
export function writtenAs(shown: Language, reader: string): string {
  if (shown === "zh") return "zh-Hans";
  return sameLanguage(reader, shown) ? reader : shown;
}

/** Whether two tags name the same language, whatever the region; `auto` is any. */
export function sameLanguage(one: string, other: string): boolean {
  const [first, second] = [one, other].map((tag) => tag.split("-")[0]?.toLowerCase());
  return first === second || first === "auto" || second === "auto";
}

/** Language and region of a tag, and null for what is none: browsers do say "en-US@posix", and people type anything. */
function wellFormed(tag: string): string | null {
  try {
    const { language, region } = new Intl.Locale(tag);
    return region ? `${language}-${region}` : language;
  } catch {
    return null;
  }
}
