// What the last utterance sounded or read like, with how sure that is and how long ago it was.
import type { TextEmotionSignal, VoiceEmotionSignal } from "../wire/messages";
import { NOT_AGREED } from "./expression_panel";
import { elapsed, inWords, percent } from "./words";

type UtteranceEmotionSignal = VoiceEmotionSignal | TextEmotionSignal;

interface UtteranceEmotionPanelProps {
  id: string;
  title: string;
  /** What a supervisor should keep in mind of it. */
  caveat: string;
  signal: UtteranceEmotionSignal | null;
  /** When the signal came, on this page's clock. */
  receivedMs: number;
  nowMs: number;
  /** Whether the customer agreed to it. */
  analysed: boolean;
}

export function UtteranceEmotionPanel(props: UtteranceEmotionPanelProps) {
  const { id, title, caveat, signal, receivedMs, nowMs, analysed } = props;
  const label = analysed && signal?.valid ? signal.value.label : "unknown";
  return (
    <section id={id} class="panel block" aria-labelledby={`${id}-title`} data-label={label}>
      <header class="block-header">
        <h3 id={`${id}-title`}>{title}</h3>
        <span class="chip">{analysed ? inWords(label) : "not analysed"}</span>
      </header>
      <p class="small muted">{analysed ? utteranceInWords(signal, (nowMs - receivedMs) / 1000, caveat) : NOT_AGREED}</p>
    </section>
  );
}

/** How sure the last utterance's emotion is and when it was heard, or why it is not known. */
export function utteranceInWords(signal: UtteranceEmotionSignal | null, agoS: number, caveat: string): string {
  if (!signal) return "Nothing said yet";
  const when = `${elapsed(agoS)} ago`;
  if (!signal.valid) return `${signal.reason ?? "Not readable"}, ${when}`;
  if (signal.value.label === "unknown") return `No emotion stood out, ${when}`;
  const sure = signal.confidence === null ? "" : `${percent(signal.confidence)} likely, `;
  return `${sure}${when}. ${caveat}`;
}
