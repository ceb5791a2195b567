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

/** The lines after the customer has written `text`; the agent sends no caption of that. */
export function withTyped(lines: readonly Line[], id: string, text: string): Line[] {
  const line: Line = { id, speaker: "customer", text, final: true, because: [], typed: true };
  return [...lines, line].slice(-MAX_LINES);
}
