// Records a voice note from the microphone, up to a minute, in whatever form this browser writes.

export const LONGEST_NOTE_MS = 60_000;
/** A tap that was not meant, rather than a note. */
const SHORTEST_NOTE_MS = 400;

/** Whether this browser can record at all. */
export const canRecord = typeof globalThis.MediaRecorder === "function";

export class VoiceNote {
  readonly startedAt = performance.now();
  private readonly recorder: MediaRecorder;
  private readonly track: MediaStreamTrack;
  private readonly parts: Blob[] = [];

  /** Begins to record; `microphone` may be muted or ended without that being heard in the note. */
  constructor(microphone: MediaStreamTrack) {
    this.track = microphone.clone();
    this.track.enabled = true;
    this.recorder = new MediaRecorder(new MediaStream([this.track]));
    this.recorder.ondataavailable = ({ data }) => this.parts.push(data);
    this.recorder.start();
  }

  /** Ends the recording and gives it back; null for one too short to hold a word. */
  async finish(): Promise<Blob | null> {
    const long = performance.now() - this.startedAt >= SHORTEST_NOTE_MS;
    await this.stop();
    const recording = new Blob(this.parts, { type: this.recorder.mimeType });
    return long && recording.size > 0 ? recording : null;
  }

  /** Ends the recording and forgets it. */
  async stop(): Promise<void> {
    if (this.recorder.state !== "inactive") {
      const stopped = new Promise((resolve) => this.recorder.addEventListener("stop", resolve, { once: true }));
      this.recorder.stop();
      await stopped;
    }
    this.track.stop();
  }
}
