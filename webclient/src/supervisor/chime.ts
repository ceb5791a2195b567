// A short, quiet sound when an alert is new; off until a supervisor turns it on in this browser.
import { signal } from "@preact/signals";

const REMEMBERED_AS = "supervisor.chime";
const HZ = 660;
const LASTS_S = 0.25;
const VOLUME = 0.08;

export const chimes = signal(localStorage.getItem(REMEMBERED_AS) === "on");
let context: AudioContext | null = null;

export function turnChime(on: boolean): void {
  chimes.value = on;
  localStorage.setItem(REMEMBERED_AS, on ? "on" : "off");
  if (on) chime();
}

export function chime(): void {
  if (!chimes.peek()) return;
  context ??= new AudioContext();
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = HZ;
  volume.gain.setValueAtTime(VOLUME, context.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + LASTS_S);
  tone.connect(volume).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + LASTS_S);
}
