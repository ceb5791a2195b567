// Try speech recognition with a file or the microphone. The key stays in this page's memory only.
import { useSignal } from "@preact/signals";
import { Mark, MicrophoneIcon } from "../ui/icons";
import { type Recording, record } from "./recorder";
import { FORMS, type Form, transcribe } from "./service";
import { words } from "./words";

export function App() {
  const key = useSignal("");
  const language = useSignal("");
  const form = useSignal<Form>("text");
  const file = useSignal<File | null>(null);
  const recording = useSignal<Recording | null>(null);
  const working = useSignal<AbortController | null>(null);
  const heard = useSignal<string | null>(null);
  const problem = useSignal<string | null>(null);

  async function read(sound: Blob, name: string) {
    const stop = new AbortController();
    working.value = stop;
    heard.value = problem.value = null;
    try {
      heard.value = await transcribe(sound, name, {
        key: key.value.trim(),
        language: language.value.trim(),
        form: form.value,
        signal: stop.signal,
      });
    } catch (error) {
      if (!stop.signal.aborted) problem.value = error instanceof Error ? error.message : String(error);
    }
    working.value = null;
  }

  async function toggleRecording() {
    problem.value = null;
    try {
      if (!recording.value) {
        recording.value = await record();
        return;
      }
      const sound = await recording.value.finish();
      recording.value = null;
      await read(sound, sound.type.includes("mp4") ? "recording.m4a" : "recording.webm");
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  }

  const busy = working.value !== null;
  return (
    <main class="page">
      <header class="page-header">
        <Mark />
        <span>{words.about}</span>
      </header>
      <section class="panel sheet">
        <h1>{words.title}</h1>
        <p class="muted">
          {words.before}
          <code>POST /v1/audio/transcriptions</code>
          {words.after}
        </p>
        <label class="field" for="key">
          {words.key}
          <input
            id="key"
            class="text-field"
            type="password"
            autocomplete="off"
            value={key.value}
            onInput={({ currentTarget }) => (key.value = currentTarget.value)}
          />
          <span class="muted">{words.keyHelp}</span>
        </label>
        <div class="pair">
          <label class="field" for="language">
            {words.language}
            <input
              id="language"
              class="text-field"
              placeholder={words.languageUsual}
              maxLength={3}
              value={language.value}
              onInput={({ currentTarget }) => (language.value = currentTarget.value)}
            />
          </label>
          <label class="field" for="form">
            {words.form}
            <select id="form" value={form.value} onChange={({ currentTarget }) => (form.value = currentTarget.value as Form)}>
              {FORMS.map((one) => (
                <option key={one} value={one}>
                  {words.forms[one]}
                </option>
              ))}
            </select>
          </label>
        </div>
        <label class="field" for="file">
          {words.recording}
          <input
            id="file"
            class="text-field"
            type="file"
            accept="audio/*,video/*"
            onChange={({ currentTarget }) => (file.value = currentTarget.files?.[0] ?? null)}
          />
        </label>
        <div class="row">
          <button
            type="button"
            id="read-file"
            class="button primary"
            disabled={busy || recording.value !== null || !file.value || !key.value.trim()}
            onClick={() => file.value && read(file.value, file.value.name)}
          >
            {words.readFile}
          </button>
          <button
            type="button"
            id="record"
            class={recording.value ? "button danger" : "button"}
            disabled={busy || !key.value.trim()}
            onClick={toggleRecording}
          >
            <MicrophoneIcon />
            {recording.value ? words.stop : words.record}
          </button>
          {working.value && (
            <button type="button" class="button" onClick={() => working.value?.abort()}>
              {words.cancel}
            </button>
          )}
        </div>
        <p role="status" class="small muted">
          {busy ? words.reading : recording.value ? words.isRecording : key.value.trim() ? "" : words.needsKey}
        </p>
        {problem.value && (
          <p class="message grave" role="alert">
            {problem.value}
          </p>
        )}
        {heard.value !== null && (
          <output id="words" class="words">
            {heard.value || words.noWords}
          </output>
        )}
      </section>
    </main>
  );
}
