// Where the customer writes: a line that grows, a picture to look at before it is sent, and a voice note.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { MicrophoneIcon, PictureIcon, SendIcon } from "../ui/icons";
import { NotSent, shrunk } from "./attachments";
import { sendsLine } from "./keys";
import { NoteBar } from "./note_bar";
import { PictureTray } from "./picture_tray";
import type { Session } from "./session";
import { canRecord, VoiceNote } from "./voice_note";
import { words } from "./words";

/** What the agent takes of a line. */
const LONGEST_MESSAGE = 2_000;
/** From here on it is said how many characters are left. */
const NEAR_THE_END = 1_800;

export function Composer({ session }: { session: Session }) {
  const draft = useSignal("");
  const problem = useSignal<string | null>(null);
  const doing = useSignal<string | null>(null);
  const picture = useSignal<Blob | null>(null);
  const note = useSignal<VoiceNote | null>(null);
  const opening = useRef(false);

  // A call that ends meanwhile lets go of the microphone.
  useEffect(() => () => void note.peek()?.stop(), [note]);

  /** What comes of something that takes a moment; null, and it is told why, where it fails. */
  const attempt = async <Result,>(what: string, work: () => Promise<Result>): Promise<Result | null> => {
    problem.value = null;
    doing.value = what;
    try {
      return await work();
    } catch (error) {
      problem.value = error instanceof NotSent ? error.message : words.chat.unsent;
      return null;
    } finally {
      doing.value = null;
    }
  };
  const choose = async (file: File | undefined) => {
    if (file) picture.value = await attempt(words.chat.pictureReading, () => shrunk(file));
  };
  const sendPicture = (ready: Blob) =>
    attempt(words.chat.pictureSending, async () => {
      await session.attaching.picture(ready);
      picture.value = null;
    });
  const record = async () => {
    // A second press while the microphone is being opened would begin a second note.
    if (opening.current) return;
    opening.current = true;
    problem.value = null;
    note.value = await session.attaching.record().catch(() => null);
    opening.current = false;
    if (!note.value) problem.value = words.chat.failures.noMicrophone;
  };
  const endNote = async (wanted: boolean) => {
    const ended = note.value;
    note.value = null;
    const recording = await session.attaching.finish(ended);
    if (wanted && recording) await attempt(words.chat.noteSending, () => session.attaching.note(recording));
  };
  return (
    <div class="composer">
      {problem.value && (
        <p class="message small" role="alert">
          {problem.value}
        </p>
      )}
      <p class="small muted" role="status">
        {doing.value}
      </p>
      <Length draft={draft} />
      {picture.value && (
        <PictureTray
          picture={picture.value}
          busy={doing.value !== null}
          onSend={sendPicture}
          onDrop={() => (picture.value = null)}
        />
      )}
      {note.value ? (
        <NoteBar note={note.value} onEnd={(wanted) => void endNote(wanted)} />
      ) : (
        <div class="writing">
          <PictureButton onChosen={(file) => void choose(file)} />
          {canRecord && (
            <button type="button" id="note-start" class="icon-button" aria-label={words.chat.note} onClick={() => void record()}>
              <MicrophoneIcon />
            </button>
          )}
          <ChatForm
            session={session}
            draft={draft}
            onUnsent={() => (problem.value = words.chat.unsent)}
            onPicture={(file) => void choose(file)}
          />
        </div>
      )}
    </div>
  );
}

function PictureButton({ onChosen }: { onChosen(file: File | undefined): void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        id="picture-choose"
        class="icon-button"
        aria-label={words.chat.picture}
        onClick={() => input.current?.click()}
      >
        <PictureIcon />
      </button>
      <input
        id="picture-input"
        ref={input}
        type="file"
        accept="image/*"
        hidden
        onChange={({ currentTarget }) => {
          onChosen(currentTarget.files?.[0]);
          currentTarget.value = "";
        }}
      />
    </>
  );
}

interface ChatFormProps {
  session: Session;
  draft: Signal<string>;
  onUnsent(): void;
  /** One was pasted. */
  onPicture(file: File): void;
}

function ChatForm({ session, draft, onUnsent, onPicture }: ChatFormProps) {
  const send = (event: Event) => {
    event.preventDefault();
    const length = draft.value.trim().length;
    if (length === 0 || length > LONGEST_MESSAGE) return;
    if (session.call.say(draft.value)) draft.value = "";
    else onUnsent();
  };
  return (
    <form class="chat" onSubmit={send}>
      <label class="for-screen-readers" for="chat-input">
        {words.chat.write}
      </label>
      <span class="grows" data-text={draft.value}>
        <textarea
          id="chat-input"
          class="text-field"
          rows={1}
          value={draft.value}
          autocomplete="off"
          enterkeyhint="send"
          placeholder={words.chat.placeholder}
          aria-describedby="chat-length"
          aria-invalid={draft.value.trim().length > LONGEST_MESSAGE}
          onInput={({ currentTarget }) => {
            draft.value = currentTarget.value;
          }}
          onKeyDown={(event) => sendsLine(event) && send(event)}
          onPaste={(event) => {
            const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
            if (!file) return;
            event.preventDefault();
            onPicture(file);
          }}
        />
      </span>
      <button type="submit" id="chat-send" class="icon-button send" aria-label={words.chat.send}>
        <SendIcon />
      </button>
    </form>
  );
}

/** How many characters are left once that matters, and that a line is too long to be sent. */
function Length({ draft }: { draft: Signal<string> }) {
  const length = draft.value.trim().length;
  const over = length > LONGEST_MESSAGE;
  const near = length > NEAR_THE_END && words.chat.left(LONGEST_MESSAGE - length);
  return (
    <p id="chat-length" class={`small ${over ? "message" : "muted"}`} role="status">
      {over ? words.chat.tooLong(LONGEST_MESSAGE, length) : near}
    </p>
  );
}
