// What has been said in a call, by voice or in writing, as a list that captions and chat lines flow into.
import type { Caption } from "../wire/messages";

export interface Line {
  id: string;
  speaker: Caption["speaker"];
  text: string;
  final: boolean;
  because: string[];
  /** Written, not spoken: shown even while captions are off. */
  typed: boolean;
  /** Address of a picture that the customer sent, in place of words. */
  picture?: string;
}

const MAX_LINES = 300;

/** The lines after `caption`: it replaces the line of its id or comes last; one without words takes its line away. */
export function withCaption(lines: readonly Line[], caption: Caption): Line[] {
  const at = lines.findIndex((line) => line.id === caption.id);
  const line: Line = {
    id: caption.id,
    speaker: caption.speaker,
    text: caption.text,
    final: caption.final,
    because: caption.because ?? [],
    typed: false,
  };
  if (at >= 0) return caption.text ? lines.with(at, line) : lines.toSpliced(at, 1);
  return caption.text ? [...lines, line].slice(-MAX_LINES) : [...lines];
}

/** The reasons that who reads `language` can read: they come in the language of the pack that gave them. */
export function readableReasons(because: readonly string[], language: string): string[] {
  return because.filter((reason) => /\p{Script=Han}/u.test(reason) === language.startsWith("zh"));
}

/** The lines after the customer has written `text`; the agent sends no caption of that. */
export function withTyped(lines: readonly Line[], id: string, text: string): Line[] {
  const line: Line = { id, speaker: "customer", text, final: true, because: [], typed: true };
  return [...lines, line].slice(-MAX_LINES);
}

/** The lines after the customer has sent a picture that is found at `picture`. */
export function withPicture(lines: readonly Line[], id: string, picture: string): Line[] {
  const line: Line = { id, speaker: "customer", text: "", final: true, because: [], typed: true, picture };
  return [...lines, line].slice(-MAX_LINES);
}

/** Lines that this page alone has as they are: what the customer wrote or sent since it was loaded. */
const OWN = /^(typed|picture)-/;
/** What the customer wrote, as the agent calls it. */
const WRITTEN = /^chat-/;

/** The lines after the agent has told all that was said: in its order, or into what the customer wrote here. */
export function withRecalled(lines: readonly Line[], captions: readonly Caption[]): Line[] {
  const own = lines.some(({ id }) => OWN.test(id));
  let all: Line[] = own ? [...lines] : [];
  for (const caption of captions) {
    if (!WRITTEN.test(caption.id)) all = withCaption(all, caption);
    else if (!own) all = withTyped(all, caption.id, caption.text);
  }
  return all;
}
