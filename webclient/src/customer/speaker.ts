// The loudspeaker: which one is used, and a sound to try it with.
import { Loudness } from "./loudness";

/** Three notes of a chord, in Hz, one after another. */
const NOTES_HZ = [523.25, 659.25, 783.99];
const NOTE_S = 0.28;
const PEAK = 0.25;
/** A sound that has not ended by so much later than it should never does: there is nothing to play it on. */
const PATIENCE_MS = 2_500;

/** Browsers that cannot, leave the choice to the system. */
export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/** Plays `element` on a speaker, "" being the system's choice; one that has gone leaves it where it was. */
export async function playOn(element: HTMLMediaElement, speaker: string): Promise<void> {
  if (canChooseSpeaker()) await element.setSinkId(speaker).catch(() => {});
}

/** The test sound while it plays. */
export interface Sounding {
  loudness: Loudness;
  /** Whether it was played to its end. */
  ended: Promise<boolean>;
  stop(): void;
}

/** Plays the test sound the way the agent's voice is played: from a stream, by an element, on the chosen speaker. */
export function playTestSound(context: AudioContext, speaker: string): Sounding {
  const destination = context.createMediaStreamDestination();
  const last = sound(context, destination);
  const element = new Audio();
  element.srcObject = destination.stream;
  const loudness = new Loudness(context, destination.stream);
  const stop = () => {
    element.pause();
    element.srcObject = null;
    loudness.close();
  };
  const ended = (async () => {
    void context.resume();
    await playOn(element, speaker);
    await element.play();
    return await finished(last);
  })().catch(() => false);
  return { loudness, ended: ended.finally(stop), stop };
}

/** The notes, begun; the last of them. */
function sound(context: AudioContext, destination: AudioNode): OscillatorNode {
  const notes = NOTES_HZ.map((frequency, index) => {
    const from = context.currentTime + 0.1 + index * NOTE_S;
    const note = new OscillatorNode(context, { frequency, type: "triangle" });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(PEAK, from + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.001, from + NOTE_S * 1.6);
    note.connect(volume).connect(destination);
    note.start(from);
    note.stop(from + NOTE_S * 1.7);
    return note;
  });
  return notes[notes.length - 1] as OscillatorNode;
}

function finished(note: OscillatorNode): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), NOTES_HZ.length * NOTE_S * 1_000 + PATIENCE_MS);
    note.onended = () => (clearTimeout(timer), resolve(true));
  });
}
