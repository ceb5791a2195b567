// The words of the page in the customer's language, chosen once, and what the agent's short names mean in them.
import type { CallStateChanged } from "../wire/messages";
import { type Language, language } from "../ui/language";
import type { Notice } from "./service";
import { en, type Words } from "./words/en";
import { zh } from "./words/zh";

export const LANGUAGES: Readonly<Record<Language, Words>> = { en, zh };
export const words = LANGUAGES[language];

/** What a purpose means to the customer, as the notice said. */
export function purposeInWords(purpose: string, notice: Notice | null): string {
  return notice?.more.purposes.find((said) => said.purpose === purpose)?.what ?? purpose.replaceAll("_", " ");
}

const NEEDS_CAMERA = new Set(["gesture", "expression", "replay"]);
const NEEDS_MICROPHONE = new Set(["speech", "voice_emotion"]);

/** Whether a purpose has anything to work on with these devices on. */
export function isFed(purpose: string, camera: boolean, microphone: boolean): boolean {
  return (camera || !NEEDS_CAMERA.has(purpose)) && (microphone || !NEEDS_MICROPHONE.has(purpose));
}

/** The name of a language, from a tag such as "pt-BR"; the tag itself where it is no such thing. */
export function languageInWords(tag: string, { tag: reader }: Words = words): string {
  try {
    return new Intl.DisplayNames([reader], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** That the agent understands only `heard`, to a customer who speaks the language of `spoken`. */
export function onlyHeard(heard: string, spoken: string, said: Words = words): string {
  return said.room.onlyHeard(languageInWords(heard, said), languageInWords(spoken.split("-")[0] ?? spoken, said));
}

/** What the agent's panel says about the call. */
export function stateInWords(state: CallStateChanged["state"], agentDoes: "speaking" | "thinking" | "listening"): string {
  const { states } = words.room;
  switch (state) {
    case "offered":
    case "consented":
      return states.connecting;
    case "held":
      return states.held;
    case "taken_over":
      return states.takenOver;
    case "ended":
      return states.ended;
    default:
      return states[agentDoes];
  }
}

/** How and why a call ended, from a name of `agent.core.lifecycle.EndReason`. */
export function endingInWords(reason: string | null): { title: string; text: string } {
  return named(words.ended.reasons, reason) ?? words.ended.usual;
}

/** What `reason` of a refused link means, and whether one may call as a guest. */
export function linkInWords(reason: string, guests: boolean, { line, sentences }: Words = words): string {
  const said = named(line.links, reason) ?? line.links.invalid;
  return guests ? sentences(said, line.asGuest) : said;
}

/** Minutes and seconds since a call began, as 3:07. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** What is listed under a name that came from outside, if anything is. */
function named<Value>(list: Readonly<Record<string, Value>>, name: string | null): Value | undefined {
  return name !== null && Object.hasOwn(list, name) ? list[name] : undefined;
}
