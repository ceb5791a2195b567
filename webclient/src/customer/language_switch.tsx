// The page in the other language, without losing what the customer came with.
import { type Language, language as shown } from "../ui/language";
import { LANGUAGES, words } from "./words";

/** The search part of this page's address in `language`, with everything else that stands in `search`. */
export function searchIn(language: Language, search: string): string {
  const asked = new URLSearchParams(search);
  asked.set("lang", language);
  return `?${asked}`;
}

/** `customer` is the token of who came by a link: it goes along behind the address, where no server sees it. */
export function LanguageSwitch({ customer }: { customer: string | undefined }) {
  const change = (event: Event, language: Language) => {
    event.preventDefault();
    // In place of this page, as nobody who goes back expects the other language, and the token is no longer in its address.
    location.replace(`${location.pathname}${searchIn(language, location.search)}${customer ? `#customer=${customer}` : ""}`);
  };
  return (
    <nav class="languages small" aria-label={words.page.language}>
      {(Object.keys(LANGUAGES) as Language[]).map((language) => {
        const { name, tag } = LANGUAGES[language];
        return language === shown ? (
          <span key={language} lang={tag} aria-current="true">
            {name}
          </span>
        ) : (
          <a key={language} lang={tag} hreflang={tag} href={searchIn(language, location.search)} onClick={(event) => change(event, language)}>
            {name}
          </a>
        );
      })}
    </nav>
  );
}
