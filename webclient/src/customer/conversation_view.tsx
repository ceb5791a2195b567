// What both sides have said, and a line to write on.
import { useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useFollowEnd } from "../ui/follow_end";
import { SendIcon } from "../ui/icons";
import type { Line } from "./conversation";
import type { Session } from "./session";

const SPEAKERS = { agent: "Agent", customer: "You", staff: "Staff" };

export function ConversationView({ session }: { session: Session }) {
  return (
    <aside class="conversation" aria-label="Conversation">
      <LineList session={session} />
      <Announcer session={session} />
      <ChatForm session={session} />
    </aside>
  );
}

function LineList({ session }: { session: Session }) {
  const list = useRef<HTMLOListElement>(null);
  const captions = session.captionsOn.value;
  const lines = session.lines.value.filter((line) => captions || line.typed);
  useFollowEnd(list, session.lines.value);
  return (
    <ol id="captions" class="lines" ref={list} tabIndex={0} aria-label="What was said">
      {lines.map((line) => (
        <LineView key={line.id} line={line} />
      ))}
      {lines.length === 0 && (
        <li class="muted small empty">{captions ? "What is said appears here." : "Captions are hidden."}</li>
      )}
    </ol>
  );
}

function LineView({ line }: { line: Line }) {
  return (
    <li class={`line ${line.speaker} ${line.final ? "" : "partial"}`} data-speaker={line.speaker} data-final={line.final}>
      <span class="speaker small">{SPEAKERS[line.speaker] ?? line.speaker}</span>
      <span class="words">{line.text}</span>
      {line.because.length > 0 && <span class="because small">Because of: {line.because.join(", ")}</span>}
    </li>
  );
}

/** Reads the other side's finished words to screen readers, once each; unfinished ones would be read over and over. */
function Announcer({ session }: { session: Session }) {
  const spoken = useComputed(() => {
    const line = session.lines.value.findLast(({ speaker, final }) => speaker !== "customer" && final);
    return session.captionsOn.value && line ? `${SPEAKERS[line.speaker]}: ${line.text}` : "";
  });
  return (
    <p class="for-screen-readers" aria-live="polite">
      {spoken.value}
    </p>
  );
}

function ChatForm({ session }: { session: Session }) {
  const draft = useSignal("");
  const unsent = useSignal(false);
  const send = (event: Event) => {
    event.preventDefault();
    if (!draft.value.trim()) return;
    unsent.value = !session.say(draft.value);
    if (!unsent.value) draft.value = "";
  };
  return (
    <form class="chat" onSubmit={send}>
      {unsent.value && (
        <p class="message small" role="alert">
          That could not be sent just now. Please try again.
        </p>
      )}
      <label class="for-screen-readers" for="chat-input">
        Write to the agent
      </label>
      <input
        id="chat-input"
        class="text-field"
        value={draft.value}
        maxLength={2000}
        autocomplete="off"
        placeholder="Write a message"
        onInput={({ currentTarget }) => {
          draft.value = currentTarget.value;
        }}
      />
      <button type="submit" id="chat-send" class="icon-button send" aria-label="Send">
        <SendIcon />
      </button>
    </form>
  );
}
