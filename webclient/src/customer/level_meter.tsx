// Loudness made visible: a bar for one's own microphone, and the agent's voice indicator.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Loudness } from "./loudness";

/** Keeps the CSS variable --level of an element at the loudness of now, 0 to 1; falls slowly, rises at once. */
function useLevel(element: RefObject<HTMLElement | null>, loudness: Loudness | null): void {
  useEffect(() => {
    if (!loudness) {
      element.current?.style.setProperty("--level", "0");
      return;
    }
    let shown = 0;
    let request = requestAnimationFrame(function draw() {
      shown = Math.max(loudness.level(), shown * 0.86);
      element.current?.style.setProperty("--level", shown.toFixed(3));
      request = requestAnimationFrame(draw);
    });
    return () => cancelAnimationFrame(request);
  }, [element, loudness]);
}

export function LevelMeter({ loudness, labelledBy }: { loudness: Loudness | null; labelledBy: string }) {
  const meter = useRef<HTMLDivElement>(null);
  useLevel(meter, loudness);
  return (
    <div class="meter" ref={meter} role="img" aria-labelledby={labelledBy}>
      <div class="meter-fill" />
    </div>
  );
}

/** Five bars that move with the agent's voice and rest otherwise. */
export function VoiceIndicator({ loudness, does }: { loudness: Loudness | null; does: string }) {
  const indicator = useRef<HTMLDivElement>(null);
  useLevel(indicator, loudness);
  return (
    <div class={`voice ${does}`} ref={indicator} aria-hidden="true">
      <span />
      <span />
      <span />
      <span />
      <span />
    </div>
  );
}
