// The live picture with what was read from that very frame drawn over it.
import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { DecodedPicture, Desk } from "./desk";
import { drawOverlay, pictureInWords } from "./overlay";

/** Sharper than this costs drawing time and shows no more of a 640-pixel picture. */
const MAX_WIDTH_PX = 1280;
/** A mesh point is one pixel wide for so many of the canvas. */
const DOT_EVERY_PX = 320;

export function PictureView({ desk }: { desk: Desk }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const callId = desk.watched.value?.callId;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = () => {
      if (desk.picture.value) drawPicture(element, desk.picture.value);
    };
    const stopDrawing = effect(draw);
    const resized = new ResizeObserver(draw);
    resized.observe(element);
    return () => {
      stopDrawing();
      resized.disconnect();
    };
  }, [desk, callId]);
  return (
    <figure class="picture panel">
      <canvas id="picture" key={callId} ref={canvas} width="640" height="480" role="img" aria-label="No picture yet" />
      {!desk.picture.value && <figcaption class="muted">No picture. The camera may be off, or nothing of it may be analysed.</figcaption>}
    </figure>
  );
}

function drawPicture(canvas: HTMLCanvasElement, { header, bitmap }: DecodedPicture): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const shownPx = canvas.clientWidth || bitmap.width;
  const width = Math.round(Math.min(MAX_WIDTH_PX, shownPx * devicePixelRatio));
  const height = Math.round((width * bitmap.height) / bitmap.width);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.drawImage(bitmap, 0, 0, width, height);
  drawOverlay(context, header, { width, height }, Math.max(1, width / DOT_EVERY_PX));
  canvas.dataset.frameId = String(header.frame_id);
  canvas.dataset.faces = String(header.faces.length);
  canvas.dataset.hands = String(header.hands.length);
  const words = pictureInWords(header);
  if (canvas.ariaLabel !== words) canvas.ariaLabel = words;
}
