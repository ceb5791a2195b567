// What was said in the watched call: how each line was understood and felt, and which signals shaped each reply.
import "./transcript.css";
import { memo } from "preact/compat";
import { useRef } from "preact/hooks";
import { AgentSays } from "../staff/agent_says";
import { nameOf } from "../staff/names";
import { plainly } from "../staff/sentences";
import { percent, words as shared } from "../staff/words";
import type { TextEmotionSignal, VoiceEmotionSignal } from "../wire/messages";
import { useFollowEnd } from "../ui/follow_end";
import { SharedPictureView } from "./shared_picture";
import { partialWords, type TranscriptLine, type Watched } from "./watched";
import { words } from "./words";

/** `lang` is that of the call, as far as it is known. */
export function TranscriptPanel({ watched, lang }: { watched: Watched; lang: string | undefined }) {
  const list = useRef<HTMLOListElement>(null);
  const partial = partialWords(watched);
  useFollowEnd(list, watched);
  return (
    <section class="panel block transcript" aria-labelledby="transcript-title">
      <h3 id="transcript-title">{words.transcript.title}</h3>
      <ol id="transcript" ref={list} tabIndex={0} aria-labelledby="transcript-title">
        {watched.lines.map((line) => (
          <LineView key={line.id} line={line} lang={lang} />
        ))}
        {partial && <LineView line={{ id: "partial", speaker: "customer", text: partial, final: false, because: [] }} lang={lang} />}
        {watched.lines.length === 0 && !partial && <li class="muted small">{words.transcript.nothing}</li>}
      </ol>
    </section>
  );
}

/** Lines are values: one that is the same as before is not looked at again. */
const LineView = memo(
  ({ line, lang }: { line: TranscriptLine; lang: string | undefined }) => (
    <li class={`said ${line.speaker} ${line.final ? "" : "partial"}`} data-speaker={line.speaker} data-final={line.final}>
      <span class="small speaker">{nameOf("speaker", line.speaker)}</span>
      {line.text && (
        <span class="words" lang={line.speaker === "note" ? undefined : lang}>
          {line.speaker === "note" ? <AgentSays sentences={[plainly(line.text)]} between="" /> : line.text}
        </span>
      )}
      {line.picture && <SharedPictureView picture={line.picture} />}
      {line.translation && (
        <span class="small translation" lang={line.translation.language}>
          {line.translation.text}
        </span>
      )}
      <Understood line={line} lang={lang} />
      {line.because.length > 0 && (
        <span class="small because">
          {words.transcript.because}
          <AgentSays sentences={line.because} between={shared.semicolon} />
          {line.becauseSeqs && <span class="seqs">{words.alerts.signals(line.becauseSeqs.join(", "))}</span>}
        </span>
      )}
    </li>
  ),
  (before, after) => before.line === after.line && before.lang === after.lang,
);

interface UnderstoodProps {
  line: TranscriptLine;
  lang: string | undefined;
}

function Understood({ line: { intent, words: text, tone }, lang }: UnderstoodProps) {
  const feelings = [feltInWords("words", text), feltInWords("tone", tone)].filter((felt) => felt !== null);
  if (!intent && feelings.length === 0) return null;
  return (
    <span class="understood">
      {intent && (
        <span class={`chip ${intent.value.out_of_scope ? "warn" : ""}`} title={intent.confidence === null ? "" : percent(intent.confidence)}>
          {intent.value.out_of_scope ? words.transcript.notUnderstood : nameOf("intent", intent.value.label)}
        </span>
      )}
      {Object.entries(intent?.value.slots ?? {}).map(([name, value]) => (
        <span key={name} class="chip slot">
          {shared.of(nameOf("slot", name))}
          <span lang={lang}>{value}</span>
        </span>
      ))}
      {feelings.map((felt) => (
        <span key={felt} class="chip">
          {felt}
        </span>
      ))}
    </span>
  );
}

/** "tone anger, 31 %"; null where no emotion stood out. */
export function feltInWords(of: "words" | "tone", signal: TextEmotionSignal | VoiceEmotionSignal | undefined): string | null {
  if (!signal?.valid || signal.value.label === "unknown") return null;
  const emotion = nameOf("emotion", signal.value.label);
  return words.transcript[of](signal.confidence === null ? emotion : words.transcript.sure(emotion, percent(signal.confidence)));
}
