// What the last utterance sounded or read like, with how sure that is and how long ago it was.
import { nameOf } from "../staff/names";
import { ago, percent } from "../staff/words";
import type { TextEmotionSignal, VoiceEmotionSignal } from "../wire/messages";
import { words } from "./words";

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
        <span class="chip">{analysed ? nameOf("emotion", label) : words.notAnalysed}</span>
      </header>
      <p class="small muted">{analysed ? utteranceInWords(signal, (nowMs - receivedMs) / 1000, caveat) : words.notAgreed}</p>
    </section>
  );
}

/** How sure the last utterance's emotion is and when it was heard, or why it is not known. */
export function utteranceInWords(signal: UtteranceEmotionSignal | null, agoS: number, caveat: string): string {
  const said = words.utterance;
  if (!signal) return said.nothing;
  const when = ago(agoS);
  if (!signal.valid) return said.when(signal.reason === null ? said.unreadable : nameOf("reason", signal.reason), when);
  if (signal.value.label === "unknown") return said.when(said.noneStoodOut, when);
  return signal.confidence === null ? said.unsure(when, caveat) : said.likely(percent(signal.confidence), when, caveat);
}
