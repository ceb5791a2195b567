// What was said in the watched call, and which signals shaped each reply.
import { useRef } from "preact/hooks";
import { useFollowEnd } from "../ui/follow_end";
import { partialWords, type TranscriptLine, type Watched } from "./watched";

const SPEAKERS = { agent: "Agent", customer: "Customer", staff: "Staff", note: "Note" };

export function TranscriptPanel({ watched }: { watched: Watched }) {
  const list = useRef<HTMLOListElement>(null);
  const partial = partialWords(watched);
  useFollowEnd(list, watched);
  return (
    <section class="panel block transcript" aria-labelledby="transcript-title">
      <h3 id="transcript-title">Transcript</h3>
      <ol id="transcript" ref={list} tabIndex={0} aria-labelledby="transcript-title">
        {watched.lines.map((line) => (
          <LineView key={line.id} line={line} />
        ))}
        {partial && <LineView line={{ id: "partial", speaker: "customer", text: partial, final: false, because: [] }} />}
        {watched.lines.length === 0 && !partial && <li class="muted small">Nothing said since you began to watch</li>}
      </ol>
    </section>
  );
}

function LineView({ line }: { line: TranscriptLine }) {
  return (
    <li class={`said ${line.speaker} ${line.final ? "" : "partial"}`} data-speaker={line.speaker} data-final={line.final}>
      <span class="small speaker">{SPEAKERS[line.speaker] ?? line.speaker}</span>
      <span class="words">{line.text}</span>
      {line.translation && (
        <span class="small translation" lang={line.translation.language}>
          {line.translation.text}
        </span>
      )}
      {line.because.length > 0 && <span class="small because">because of: {line.because.join(", ")}</span>}
    </li>
  );
}
