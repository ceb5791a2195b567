// What both sides have said, by voice or in writing, as one conversation.
import { useComputed } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useFollowEnd } from "../ui/follow_end";
import { Composer } from "./composer";
import { type Line, readableReasons } from "./conversation";
import type { Session } from "./session";
import { words } from "./words";

const { speakers: SPEAKERS } = words.chat;

export function ConversationView({ session }: { session: Session }) {
  return (
    <aside class="conversation" aria-label={words.chat.conversation}>
      <LineList session={session} />
      <Announcer session={session} />
      <Composer session={session} />
    </aside>
  );
}

function LineList({ session }: { session: Session }) {
  const list = useRef<HTMLOListElement>(null);
  const captions = session.call.captionsOn.value;
  const lines = session.call.lines.value.filter((line) => captions || line.typed);
  useFollowEnd(list, session.call.lines.value);
  return (
    <ol id="captions" class="lines" ref={list} tabIndex={0} aria-label={words.chat.said}>
      {lines.map((line) => (
        <LineView key={line.id} line={line} />
      ))}
      {lines.length === 0 && (
        <li class="muted small empty">{captions ? words.chat.empty : words.chat.captionsHidden}</li>
      )}
    </ol>
  );
}

function LineView({ line }: { line: Line }) {
  const because = readableReasons(line.because, words.tag);
  return (
    <li class={`line ${line.speaker} ${line.final ? "" : "partial"}`} data-speaker={line.speaker} data-final={line.final}>
      <span class="speaker small">{SPEAKERS[line.speaker] ?? line.speaker}</span>
      {line.picture && <img class="sent-picture" src={line.picture} alt={words.chat.pictureAlt} />}
      {line.text && <span class="words">{line.text}</span>}
      {because.length > 0 && <span class="because small">{words.chat.because(because.join(", "))}</span>}
    </li>
  );
}

/** Reads the other side's finished words to screen readers, once each; unfinished ones would be read over and over. */
function Announcer({ session }: { session: Session }) {
  const spoken = useComputed(() => {
    const line = session.call.lines.value.findLast(({ speaker, final }) => speaker !== "customer" && final);
    return session.call.captionsOn.value && line ? `${SPEAKERS[line.speaker]}: ${line.text}` : "";
  });
  return (
    <p class="for-screen-readers" aria-live="polite">
      {spoken.value}
    </p>
  );
}
