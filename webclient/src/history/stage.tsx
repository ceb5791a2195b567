// The stage on which a face and hands are drawn from their points.
import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { drawPeople, stageInWords } from "./face_lines";
import type { Player } from "./player";
import type { TrackStore } from "./track_store";
import { words } from "./words";

/** Of the stage, as most cameras have it; the picture's own shape is not kept. */
const ASPECT = 4 / 3;

export function Stage({ player, store }: { player: Player; store: TrackStore }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const said = useSignal(words.stage.loading);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const draw = () => {
      const ratio = devicePixelRatio || 1;
      const width = Math.round(element.clientWidth * ratio);
      const height = Math.round(width / ASPECT);
      if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
      const parts = store.at(player.at.value);
      said.value = stageInWords(parts);
      if (parts === null) return;
      const style = getComputedStyle(element);
      const colour = (name: string) => style.getPropertyValue(name).trim();
      const colours = { face: colour("--stage-face"), points: colour("--stage-points"), hand: colour("--stage-hand") };
      drawPeople(context, parts, store.scale, { width, height, line: Math.max(1, width / 480) }, colours);
    };
    const stop = effect(() => {
      void store.arrived.value;
      draw();
    });
    const resized = new ResizeObserver(draw);
    resized.observe(element);
    return () => {
      stop();
      resized.disconnect();
    };
  }, []);
  return (
    <>
      <canvas id="stage" class="stage" ref={canvas} role="img" aria-label={said.value} data-shows={said.value} />
      <p class="muted small">{words.stage.caption}</p>
      {store.fault.value && (
        <p class="message" role="alert">
          {store.fault.value}
        </p>
      )}
    </>
  );
}
