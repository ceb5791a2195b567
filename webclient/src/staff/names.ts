// What the agent's short names mean to staff, in the language of the page.
import { language } from "../ui/language";
import { en, type Names } from "./names/en";
import { zh } from "./names/zh";

export const names = { en, zh }[language];

/** "order status" for the intent order_status; a name that is not known here is read as it stands. */
export function nameOf(kind: keyof Names, name: string, known: Names = names): string {
  const list: Readonly<Record<string, string>> = known[kind];
  return (Object.hasOwn(list, name) && list[name]) || name.replaceAll("_", " ");
}

/** Names of one kind, one after another. */
export function namesOf(kind: keyof Names, list: readonly string[], between: string): string {
  return list.map((name) => nameOf(kind, name)).join(between);
}
