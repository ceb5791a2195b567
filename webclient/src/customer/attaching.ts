// What the customer sends into the call beside voice and chat: pictures, and voice notes for which the line falls silent.
import { NotSent, type OwnCall, sendNote, sendPicture } from "./attachments";
import type { Equipment } from "./equipment";
import type { LiveCall } from "./live_call";
import { VoiceNote } from "./voice_note";

export class Attaching {
  /** The microphone was on when a note began, and is to be on again. */
  private unmuteAfter = false;

  constructor(
    private readonly call: LiveCall,
    private readonly equipment: Equipment,
    /** The call in progress, if any. */
    private readonly own: () => OwnCall | null,
    private readonly toggleMute: () => Promise<void>,
  ) {}

  /** Throws `NotSent`. */
  async picture(picture: Blob): Promise<void> {
    this.call.showPicture(await sendPicture(this.known(), picture));
  }

  /** Throws `NotSent`. */
  async note(recording: Blob): Promise<void> {
    await sendNote(this.known(), recording);
  }

  /** Begins a note, which the agent does not hear while it is spoken; null where there is no microphone. */
  async record(): Promise<VoiceNote | null> {
    if (!this.equipment.microphone.value) await this.toggleMute();
    const microphone = this.equipment.microphone.value;
    if (!microphone) return null;
    this.unmuteAfter = !this.equipment.muted.value;
    const note = new VoiceNote(microphone);
    if (this.unmuteAfter) await this.toggleMute();
    return note;
  }

  /** The recording, null where it is none; the line has the microphone again as it had it before. */
  async finish(note: VoiceNote | null): Promise<Blob | null> {
    const recording = (await note?.finish()) ?? null;
    if (this.unmuteAfter && this.equipment.muted.value) await this.toggleMute();
    this.unmuteAfter = false;
    return recording;
  }

  private known(): OwnCall {
    const own = this.own();
    if (!own) throw new NotSent("over");
    return own;
  }
}
