// The language that the customer is taken to speak: the page's own address says so, or else the browser.

/** A language with its region, such as "zh-CN", from `?lang=` in `search` or else from what the browser prefers. */
export function pageLocale(search: string, preferred: string): string {
  return wellFormed(new URLSearchParams(search).get("lang") ?? "") ?? wellFormed(preferred) ?? "en";
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
