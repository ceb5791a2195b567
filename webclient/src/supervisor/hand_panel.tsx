// The controls of the watched call: listen in, whisper, put the next reply into words, take over, hand back, end.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Hand } from "./hand";
import type { LiveView } from "./live_view";
import { words } from "./words";

const LONGEST_WORDS = 1_000;

export function HandPanel({ hand, view }: { hand: Hand; view: LiveView }) {
  const idle = !hand.busy.value;
  return (
    <section id="hand" class="panel block" aria-labelledby="hand-title">
      <header class="block-header">
        <h3 id="hand-title">{words.hand.title}</h3>
        {hand.holds.value && <span class="chip warn">{words.hand.yours}</span>}
      </header>
      <div class="row">
        <button
          type="button"
          id="listen"
          class="button small"
          aria-pressed={view.audible.value}
          onClick={() => hand.toggleListening()}
        >
          {view.audible.value ? words.hand.stopListening : words.hand.listen}
        </button>
        {hand.holds.value ? (
          <button type="button" id="hand-back" class="button small primary" onClick={() => hand.handBack()}>
            {words.hand.handBack}
          </button>
        ) : (
          <button type="button" id="take-over" class="button small primary" disabled={!idle} onClick={() => hand.takeOver()}>
            {idle ? words.hand.takeOver : words.hand.connecting}
          </button>
        )}
        <EndButton hand={hand} />
      </div>
      <WordsForm hand={hand} />
      <p class="small" role="status">
        {hand.fault.value ?? hand.done.value}
      </p>
      <Sound view={view} />
    </section>
  );
}

/** Asks before it ends the call, as there is no way back. */
function EndButton({ hand }: { hand: Hand }) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" id="end-call" class="button small" onClick={() => dialog.current?.showModal()}>
        {words.hand.end}
      </button>
      <dialog ref={dialog} class="sure" aria-labelledby="end-title">
        <h3 id="end-title">{words.hand.sure}</h3>
        <p class="small">{words.hand.sureText}</p>
        <form method="dialog" class="row">
          <button type="submit" id="end-call-no" class="button small" autofocus>
            {words.hand.goOn}
          </button>
          <button type="submit" id="end-call-yes" class="button small danger" onClick={() => void hand.end()}>
            {words.hand.endNow}
          </button>
        </form>
      </dialog>
    </>
  );
}

function WordsForm({ hand }: { hand: Hand }) {
  const text = useSignal("");
  const send = async (deed: (said: string) => Promise<boolean>) => {
    const said = text.value.trim();
    if (said && (await deed(said))) text.value = "";
  };
  const holds = hand.holds.value;
  return (
    <form
      class="words-form"
      onSubmit={(event) => {
        event.preventDefault();
        void send((said) => (holds ? hand.write(said) : hand.whisper(said)));
      }}
    >
      <label class="small" for="staff-words">
        {holds ? words.hand.toCustomer : words.hand.toAgent}
      </label>
      <div class="row">
        <input
          id="staff-words"
          class="text-field"
          value={text.value}
          maxLength={LONGEST_WORDS}
          autocomplete="off"
          onInput={({ currentTarget }) => (text.value = currentTarget.value)}
        />
        {holds ? (
          <button type="submit" id="write" class="button small" disabled={hand.busy.value}>
            {words.hand.write}
          </button>
        ) : (
          <>
            <button type="submit" id="whisper" class="button small" disabled={hand.busy.value}>
              {words.hand.whisper}
            </button>
            <button
              type="button"
              id="correct"
              class="button small"
              disabled={hand.busy.value}
              onClick={() => send((said) => hand.correct(said))}
            >
              {words.hand.correct}
            </button>
          </>
        )}
      </div>
    </form>
  );
}

/** The customer's voice, while it is listened to. */
function Sound({ view }: { view: LiveView }) {
  const audio = useRef<HTMLAudioElement>(null);
  const stream = view.stream.value;
  const audible = view.audible.value;
  useEffect(() => {
    if (!audio.current) return;
    audio.current.srcObject = audible ? stream : null;
    if (audible && stream) void audio.current.play().catch(() => {});
  }, [stream, audible]);
  if (!audible) return null;
  return (
    <>
      <audio id="live" ref={audio} />
      {!stream && (
        <p class="small" role="status">
          {view.fault.value ?? words.hand.awaitingSound}
        </p>
      )}
    </>
  );
}
