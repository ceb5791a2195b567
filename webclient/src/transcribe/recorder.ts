// Records the microphone into a file, in whatever form this browser writes.
import { words } from "./words";

export interface Recording {
  /** Ends the recording and gives it back; the microphone is off afterwards. */
  finish(): Promise<Blob>;
}

/** Starts to record. Throws `Error` with a sentence for the reader. */
export async function record(): Promise<Recording> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    throw new Error(words.noMicrophone);
  }
  const recorder = new MediaRecorder(stream);
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  recorder.start();
  return {
    finish: () =>
      new Promise((resolve) => {
        recorder.addEventListener("stop", () => {
          for (const track of stream.getTracks()) track.stop();
          resolve(new Blob(parts, { type: recorder.mimeType }));
        });
        recorder.stop();
      }),
  };
}
