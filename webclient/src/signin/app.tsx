// Staff sign in: name and password, then the code of a second factor where there is one.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Mark } from "../ui/icons";
import { inThisLanguage } from "../ui/language";
import { type Answer, nextPage, type Refusal, signIn, whoAmI } from "../wire/staff";
import { refusalInWords, type Words } from "./words";

interface AppProps {
  words: Words;
  /** Why somebody comes back from where they wanted to get in, as a sentence. */
  turnedAway: string | null;
}

export function App({ words, turnedAway }: AppProps) {
  const refusal = useSignal<Refusal | null>(null);
  const ways = useSignal<string[] | null>(null);

  function take(answer: Answer) {
    if ("who" in answer) {
      location.replace(inThisLanguage(nextPage(location.search)));
      return;
    }
    if (answer.refusal.kind === "nobody") ways.value = answer.refusal.ways;
    refusal.value = answer.refusal;
  }

  useEffect(() => void whoAmI().then(take), []);
  const said = refusal.value && refusalInWords(refusal.value, words);
  const calm = refusal.value?.kind === "code_wanted";
  return (
    <main class="page narrow">
      <header class="page-header">
        <Mark />
        <span>{words.forStaff}</span>
      </header>
      <section class="panel sheet">
        <h1>{words.title}</h1>
        {turnedAway && <p class="message">{turnedAway}</p>}
        {ways.value?.includes("link") ? (
          <div class="message" role="status">
            <strong>{words.noAccount}</strong>
            <p>{words.useLink}</p>
          </div>
        ) : (
          <Form words={words} codeWanted={calm} onAnswer={take} />
        )}
        {ways.value?.includes("oidc") && (
          <a class="button" href="/api/session/oidc">
            {words.elsewhere}
          </a>
        )}
        {/* Always there, so that what appears in it is read aloud. */}
        <div role="alert" class={said ? `message ${calm ? "" : "grave"}` : "for-screen-readers"}>
          {said}
        </div>
      </section>
    </main>
  );
}

interface FormProps {
  words: Words;
  codeWanted: boolean;
  onAnswer(answer: Answer): void;
}

function Form({ words, codeWanted, onAnswer }: FormProps) {
  const name = useSignal("");
  const password = useSignal("");
  const code = useSignal("");
  const asksCode = useSignal(false);
  const busy = useSignal(false);
  const codeField = useRef<HTMLInputElement>(null);
  if (codeWanted) asksCode.value = true;
  useEffect(() => codeField.current?.focus(), [asksCode.value]);

  async function submit(event: Event) {
    event.preventDefault();
    busy.value = true;
    onAnswer(await signIn(name.value.trim(), password.value, code.value.trim()));
    busy.value = false;
  }

  return (
    <form class="fields" onSubmit={submit}>
      <label class="field" for="name">
        {words.name}
        <input
          id="name"
          class="text-field"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          autofocus
          value={name.value}
          onInput={({ currentTarget }) => (name.value = currentTarget.value)}
        />
      </label>
      <label class="field" for="password">
        {words.password}
        <input
          id="password"
          class="text-field"
          type="password"
          autocomplete="current-password"
          required
          value={password.value}
          onInput={({ currentTarget }) => (password.value = currentTarget.value)}
        />
      </label>
      {asksCode.value && (
        <label class="field" for="code">
          {words.code}
          <input
            id="code"
            ref={codeField}
            class="text-field"
            inputMode="text"
            autocomplete="one-time-code"
            required
            value={code.value}
            onInput={({ currentTarget }) => (code.value = currentTarget.value)}
          />
          <span class="muted help">{words.codeHelp}</span>
        </label>
      )}
      <button type="submit" id="sign-in" class="button primary" disabled={busy.value}>
        {busy.value ? words.signingIn : words.signIn}
      </button>
    </form>
  );
}
