// Loudness made visible: a bar for one's own microphone.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Loudness } from "./loudness";

/** Of a meter; rooms and fans stay below it. */
const VOICE_LEVEL = 0.4;

/** Keeps the CSS variable --level of an element at the loudness of now, 0 to 1; falls slowly, rises at once. */
function useLevel(element: RefObject<HTMLElement | null>, loudness: Loudness | null, onVoice?: () => void): void {
  const voice = useRef(onVoice);
  voice.current = onVoice;
  useEffect(() => {
    if (!loudness) {
      element.current?.style.setProperty("--level", "0");
      return;
    }
    let shown = 0;
    let quiet = true;
    let request = requestAnimationFrame(function draw() {
      shown = Math.max(loudness.level(), shown * 0.86);
      element.current?.style.setProperty("--level", shown.toFixed(3));
      if (quiet && shown > VOICE_LEVEL) {
        quiet = false;
        voice.current?.();
      }
      request = requestAnimationFrame(draw);
    });
    return () => cancelAnimationFrame(request);
  }, [element, loudness]);
}

interface LevelMeterProps {
  loudness: Loudness | null;
  label: string;
  /** Told once, when something is as loud as a voice. */
  onVoice?(): void;
}

export function LevelMeter({ loudness, label, onVoice }: LevelMeterProps) {
  const meter = useRef<HTMLDivElement>(null);
  useLevel(meter, loudness, onVoice);
  return (
    <div class="meter" ref={meter} role="img" aria-label={label}>
      <div class="meter-fill" />
    </div>
  );
}
