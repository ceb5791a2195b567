// While a voice note is recorded: for how long already, and the ways to end it.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { CloseIcon, SendIcon } from "../ui/icons";
import { LONGEST_NOTE_MS, type VoiceNote } from "./voice_note";
import { duration, words } from "./words";

export function NoteBar({ note, onEnd }: { note: VoiceNote; onEnd(wanted: boolean): void }) {
  const elapsedMs = useSignal(0);
  const sending = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    sending.current?.focus();
    const timer = setInterval(() => {
      elapsedMs.value = performance.now() - note.startedAt;
      if (elapsedMs.value < LONGEST_NOTE_MS) return;
      clearInterval(timer);
      onEnd(true);
    }, 250);
    return () => clearInterval(timer);
  }, [note]);
  return (
    <div class="note-bar" role="group" aria-label={words.chat.note}>
      <button type="button" id="note-drop" class="icon-button" aria-label={words.chat.noteDrop} onClick={() => onEnd(false)}>
        <CloseIcon />
      </button>
      <p class="note-time">
        <span class="recording-dot" aria-hidden="true" />
        {words.chat.noteRecording(duration(elapsedMs.value))}
      </p>
      <button
        type="button"
        id="note-send"
        class="icon-button send"
        aria-label={words.chat.noteSend}
        ref={sending}
        onClick={() => onEnd(true)}
      >
        <SendIcon />
      </button>
    </div>
  );
}
