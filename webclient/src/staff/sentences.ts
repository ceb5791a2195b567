// What the agent writes for staff, in English on the wire, in the language of the page wherever that is known.
import { type Language, language } from "../ui/language";
import type { Sentence } from "../wire/messages";
import { zh as names } from "./names/zh";
import { phrases, sentences, whole } from "./sentences/zh";

type Kinds = Readonly<Record<string, Readonly<Record<string, string>>>>;
const KINDS: Kinds = names;
const PHRASES: Kinds = phrases;
const VALUE = /\{(\w+)\}/g;

/** The sentence in Chinese; null where it is not known, or names something that is not. */
export function inChinese({ words, code, values }: Sentence): string | null {
  if (code === "") return known(whole, words);
  const template = known(sentences, code);
  if (template === null) return null;
  const given = [...template.matchAll(VALUE)].map(([, name = ""]) => [name, valueInChinese(name, values[name])] as const);
  const said = Object.fromEntries(given);
  return given.some(([, value]) => value === null) ? null : template.replace(VALUE, (_, name: string) => said[name] ?? "");
}

/** A value whose name is that of a kind of names or phrases has to be one of them; any other one stays as it is. */
function valueInChinese(name: string, value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  const list = Array.isArray(value) ? value : [value];
  if (!Object.hasOwn(PHRASES, name) && !Object.hasOwn(KINDS, name)) return list.join("、");
  const said = list.map((one) => known(PHRASES[name], one) ?? known(KINDS[name], one.replaceAll(" ", "_")) ?? known(KINDS[name], one));
  return said.some((one) => one === null) ? null : said.join("、");
}

function known(list: Readonly<Record<string, string>> | undefined, name: string): string | null {
  return list && Object.hasOwn(list, name) ? (list[name] ?? null) : null;
}

export interface Said {
  text: string;
  /** Where that is not the page's. */
  lang?: "en";
}

/** A sentence as whoever reads `reader` is to see it. */
export function said(sentence: Sentence, reader: Language = language): Said {
  if (reader === "en") return { text: sentence.words };
  const text = inChinese(sentence);
  return text === null ? { text: sentence.words, lang: "en" } : { text };
}

/** What goes with words is `told` of them; where nothing is, they are sentences as they stand. */
export function sentencesOf(words: readonly string[], told: readonly Sentence[]): readonly Sentence[] {
  return told.length > 0 ? told : words.map(plainly);
}

/** Words of which nothing more is known. */
export function plainly(words: string): Sentence {
  return { words, code: "", values: {} };
}

/** The name of a part of the agent that something is wrong with. */
export function roomInWords(room: string, reader: Language = language): string {
  return (reader === "zh" && known(PHRASES.room, room)) || room;
}
