// What the last utterance sounded like: a weak sign, shown with how sure it is and how long ago it was.
import type { VoiceEmotionSignal } from "../wire/messages";
import { NOT_AGREED } from "./expression_panel";
import { elapsed, inWords, percent } from "./words";

interface VoiceEmotionPanelProps {
  signal: VoiceEmotionSignal | null;
  /** When the signal came, on this page's clock. */
  receivedMs: number;
  nowMs: number;
  /** Whether the customer agreed to it. */
  analysed: boolean;
}

export function VoiceEmotionPanel({ signal, receivedMs, nowMs, analysed }: VoiceEmotionPanelProps) {
  const label = analysed && signal?.valid ? signal.value.label : "unknown";
  return (
    <section id="voice-emotion" class="panel block" aria-labelledby="voice-emotion-title" data-label={label}>
      <header class="block-header">
        <h3 id="voice-emotion-title">Tone of voice</h3>
        <span class="chip">{analysed ? inWords(label) : "not analysed"}</span>
      </header>
      <p class="small muted">
        {analysed ? toneInWords(signal, (nowMs - receivedMs) / 1000) : NOT_AGREED}
      </p>
    </section>
  );
}

/** How sure the last utterance's tone is and when it was heard, or why it is not known. */
export function toneInWords(signal: VoiceEmotionSignal | null, agoS: number): string {
  if (!signal) return "Nothing said yet";
  const when = `${elapsed(agoS)} ago`;
  if (!signal.valid) return `${signal.reason ?? "Not readable"}, ${when}`;
  if (signal.value.label === "unknown") return `No emotion stood out, ${when}`;
  const sure = signal.confidence === null ? "" : `${percent(signal.confidence)} likely, `;
  return `${sure}${when}. A weak sign: often wrong`;
}
