// Speech recognition as this page uses it: the same request that any other program would send.
import { isObject } from "../wire/shape";
import { words } from "./words";

export const FORMS = ["text", "srt", "vtt", "verbose_json"] as const;
export type Form = (typeof FORMS)[number];

/** The words of a recording as the server writes them. Throws `Error` with a sentence for the reader. */
export async function transcribe(
  file: Blob,
  name: string,
  { key, language, form, signal }: { key: string; language: string; form: Form; signal: AbortSignal },
): Promise<string> {
  const body = new FormData();
  body.set("file", file, name);
  body.set("model", "whisper-1");
  body.set("response_format", form);
  if (language) body.set("language", language);
  let response: Response;
  try {
    response = await fetch("/v1/audio/transcriptions", {
      method: "POST",
      headers: { Authorization: `Bearer ${key}` },
      body,
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(words.unreachable);
  }
  const text = await response.text();
  if (!response.ok) throw new Error(faultIn(text) ?? words.refused(response.status));
  return form === "verbose_json" ? JSON.stringify(JSON.parse(text), null, 2) : text.trim();
}

/** The sentence in an error of OpenAI's form, as a sentence; null when there is none. */
export function faultIn(body: string): string | null {
  try {
    const parsed: unknown = JSON.parse(body);
    if (!isObject(parsed) || !isObject(parsed["error"])) return null;
    const message = parsed["error"]["message"];
    return typeof message === "string" && message ? `${message[0]?.toUpperCase()}${message.slice(1)}.` : null;
  } catch {
    return null;
  }
}
