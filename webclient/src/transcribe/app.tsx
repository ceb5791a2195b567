// Try speech recognition with a file or the microphone. The key stays in this page's memory only.
import { useSignal } from "@preact/signals";
import { Mark, MicrophoneIcon } from "../ui/icons";
import { type Recording, record } from "./recorder";
import { FORMS, type Form, transcribe } from "./service";

const FORM_NAMES: Record<Form, string> = { text: "Text", srt: "SubRip (srt)", vtt: "WebVTT", verbose_json: "JSON" };

export function App() {
  const key = useSignal("");
  const language = useSignal("");
  const form = useSignal<Form>("text");
  const file = useSignal<File | null>(null);
  const recording = useSignal<Recording | null>(null);
  const working = useSignal<AbortController | null>(null);
  const words = useSignal<string | null>(null);
  const problem = useSignal<string | null>(null);

  async function read(sound: Blob, name: string) {
    const stop = new AbortController();
    working.value = stop;
    words.value = problem.value = null;
    try {
      words.value = await transcribe(sound, name, {
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
        <span>Speech recognition</span>
      </header>
      <section class="panel sheet">
        <h1>Transcribe a recording</h1>
        <p class="muted">
          The same speech recognition that calls use, behind <code>POST /v1/audio/transcriptions</code>. Calls come first.
        </p>
        <label class="field" for="key">
          API key
          <input
            id="key"
            class="text-field"
            type="password"
            autocomplete="off"
            value={key.value}
            onInput={({ currentTarget }) => (key.value = currentTarget.value)}
          />
          <span class="muted">Not stored: it is gone when you close or reload this page.</span>
        </label>
        <div class="pair">
          <label class="field" for="language">
            Language
            <input
              id="language"
              class="text-field"
              placeholder="as the server is set"
              maxLength={3}
              value={language.value}
              onInput={({ currentTarget }) => (language.value = currentTarget.value)}
            />
          </label>
          <label class="field" for="form">
            Answer as
            <select id="form" value={form.value} onChange={({ currentTarget }) => (form.value = currentTarget.value as Form)}>
              {FORMS.map((one) => (
                <option key={one} value={one}>
                  {FORM_NAMES[one]}
                </option>
              ))}
            </select>
          </label>
        </div>
        <label class="field" for="file">
          Recording
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
            Transcribe file
          </button>
          <button
            type="button"
            id="record"
            class={recording.value ? "button danger" : "button"}
            disabled={busy || !key.value.trim()}
            onClick={toggleRecording}
          >
            <MicrophoneIcon />
            {recording.value ? "Stop and transcribe" : "Record"}
          </button>
          {working.value && (
            <button type="button" class="button" onClick={() => working.value?.abort()}>
              Cancel
            </button>
          )}
        </div>
        <p role="status" class="small muted">
          {busy ? "Reading…" : recording.value ? "Recording…" : key.value.trim() ? "" : "Type a key first."}
        </p>
        {problem.value && (
          <p class="message grave" role="alert">
            {problem.value}
          </p>
        )}
        {words.value !== null && (
          <output id="words" class="words">
            {words.value || "No words were heard."}
          </output>
        )}
      </section>
    </main>
  );
}
