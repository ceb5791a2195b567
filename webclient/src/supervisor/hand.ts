// What a supervisor does with the watched call: listens in, whispers, puts replies into words, takes it over, ends it.
import { batch, signal } from "@preact/signals";
import type { LiveView } from "./live_view";
import { csrf } from "./signed_in";
import { asked, StaffError, StaffLink, stopAll } from "./staff_link";
import { words } from "./words";

export class Hand {
  /** Whether this person has the call. */
  readonly holds = signal(false);
  readonly busy = signal(false);
  readonly fault = signal<string | null>(null);
  readonly done = signal<string | null>(null);
  private standing: StaffLink | null = null;
  private closed = false;

  constructor(
    readonly callId: string,
    private readonly view: LiveView,
  ) {}

  whisper(text: string): Promise<boolean> {
    return this.deed(words.hand.done.whispered, () => this.post("whisper", text));
  }

  correct(text: string): Promise<boolean> {
    return this.deed(words.hand.done.corrected, () => this.post("correction", text));
  }

  /** As a person, and so only while one has the call. */
  write(text: string): Promise<boolean> {
    return this.deed(words.hand.done.written, () => this.post("message", text));
  }

  end(): Promise<boolean> {
    return this.deed(words.hand.done.ended, async () => {
      await asked(`/api/calls/${this.callId}`, "DELETE", csrf());
    });
  }

  toggleListening(): void {
    this.view.audible.value = !this.view.audible.peek();
    if (this.view.audible.peek()) this.view.ensure();
  }

  takeOver(): Promise<boolean> {
    return this.deed(words.hand.done.taken, async () => {
      if (!this.view.audible.peek()) this.toggleListening();
      const tracks = await microphoneAndCamera();
      if (this.closed) return stopAll(tracks);
      const link = await StaffLink.standingIn(this.callId, csrf(), tracks, () => this.standBack());
      if (this.closed) return link.close();
      this.standing = link;
      this.holds.value = true;
    });
  }

  handBack(): void {
    this.leave();
    this.done.value = words.hand.done.handedBack;
  }

  /** The call is watched no more: it is given back, and not taken over by what is still being connected. */
  close(): void {
    this.closed = true;
    this.leave();
  }

  /** Gives the call back if this person has it. */
  leave(): void {
    const link = this.standing;
    this.standing = null;
    link?.close();
  }

  /** The connection has ended; where nobody here wanted that, it is said. */
  private standBack(): void {
    batch(() => {
      this.holds.value = false;
      if (!this.standing) return;
      this.standing = null;
      this.done.value = null;
      this.fault.value = words.hand.lost;
    });
  }

  private async post(what: string, text: string): Promise<void> {
    const body = { type: "application/json", text: JSON.stringify({ text }) };
    await asked(`/api/calls/${this.callId}/${what}`, "POST", csrf(), body);
  }

  private async deed(done: string | null, what: () => Promise<void>): Promise<boolean> {
    batch(() => {
      this.busy.value = true;
      this.fault.value = null;
      this.done.value = null;
    });
    try {
      await what();
      this.done.value = done;
      return true;
    } catch (error) {
      this.fault.value = error instanceof StaffError ? error.message : words.hand.failed;
      return false;
    } finally {
      this.busy.value = false;
    }
  }
}

/** The person's own microphone, and the camera where there is one. */
async function microphoneAndCamera(): Promise<MediaStreamTrack[]> {
  if (!navigator.mediaDevices) throw new StaffError(words.hand.insecure);
  const sound = { echoCancellation: true, noiseSuppression: true };
  try {
    return (await navigator.mediaDevices.getUserMedia({ audio: sound, video: true })).getTracks();
  } catch {
    // Without a camera one can still speak.
  }
  try {
    return (await navigator.mediaDevices.getUserMedia({ audio: sound })).getTracks();
  } catch {
    throw new StaffError(words.hand.needsMicrophone);
  }
}
