// The customer's live picture with what was read from that very frame drawn over it.
import { effect, type Signal, useSignal } from "@preact/signals";
import { type RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { AnalysedFrame } from "../wire/messages";
import type { Desk } from "./desk";
import { ForwardedPicture, type HeldFrame, TELLS_FRAMES } from "./forwarded_picture";
import { LayerSwitches } from "./layer_switches";
import { LAYERS, layersOff } from "./layers";
import type { LiveView } from "./live_view";
import { drawOverlay, pictureInWords } from "./overlay";
import { words } from "./words";

/** Sharper than this costs drawing time and shows no more of a 640-pixel picture. */
const MAX_WIDTH_PX = 1280;
/** A mesh point is one pixel wide for so many of the canvas. */
const DOT_EVERY_PX = 320;
const STANDS_AFTER_MS = 3_000;

/** What is on show: stills that were analysed, or the forwarded picture with or without what was read of the frame. */
type Kind = "still" | "read" | "bare";

interface OnShow {
  kind: Kind;
  image: CanvasImageSource;
  width: number;
  height: number;
  overlay: AnalysedFrame | null;
  sinceMs: number;
}

export function PictureView({ desk, view, nowMs }: { desk: Desk; view: LiveView; nowMs: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const kind = useSignal<Kind | null>(null);
  const gazeRead = useSignal(false);
  const onShow = useRef<OnShow | null>(null);
  useEffect(() => {
    const show = (next: OnShow) => {
      onShow.current = next;
      kind.value = next.kind;
      if (next.overlay?.faces.some(({ gaze }) => gaze !== null)) gazeRead.value = true;
      if (canvas.current) draw(canvas.current, next);
    };
    const again = () => {
      if (canvas.current && onShow.current) draw(canvas.current, onShow.current);
    };
    const stops = [
      effect(() => {
        const picture = desk.picture.value;
        if (!picture && onShow.current?.kind === "still") onShow.current = kind.value = null;
        if (!picture || desk.forwarded.value) return;
        const { width, height } = picture.bitmap;
        show({ kind: "still", image: picture.bitmap, width, height, overlay: picture.header, sinceMs: performance.now() });
      }),
      effect(() => void (layersOff.value, again())),
      followStream(desk, view, video, show),
    ];
    const resized = new ResizeObserver(again);
    if (canvas.current) resized.observe(canvas.current);
    return () => {
      for (const stop of stops) stop();
      resized.disconnect();
    };
  }, [desk, view]);
  return (
    <figure class="picture panel">
      <div class="picture-frame">
        <canvas id="picture" ref={canvas} width="640" height="480" role="img" aria-label={words.picture.none} />
        <video ref={video} class="source" autoplay playsInline muted aria-hidden="true" tabIndex={-1} />
        <Mark kind={kind} standsMs={nowMs - (onShow.current?.sinceMs ?? nowMs)} />
      </div>
      <figcaption class="picture-bar">
        <LayerSwitches gazeRead={gazeRead.value} />
      </figcaption>
    </figure>
  );
}

/** Says what the picture is where that is not the usual: everything else may be taken for a frame as it was read. */
function Mark({ kind, standsMs }: { kind: Signal<Kind | null>; standsMs: number }) {
  if (kind.value === null) {
    return <p class="picture-none">{words.picture.absent}</p>;
  }
  const stands = standsMs > STANDS_AFTER_MS;
  const said = stands ? words.picture.stands(Math.round(standsMs / 1000)) : unusual(kind.value);
  return said ? <p class="picture-mark">{said}</p> : null;
}

function unusual(kind: Kind): string | null {
  if (kind === "read") return null;
  return kind === "still" ? words.picture.stills : words.picture.bare;
}

/** Shows the forwarded picture for as long as there is one, and has what was read of it sent instead of single pictures. */
function followStream(
  desk: Desk,
  view: LiveView,
  video: RefObject<HTMLVideoElement | null>,
  show: (next: OnShow) => void,
): () => void {
  let last: HeldFrame | null = null;
  const stop = effect(() => {
    const element = video.current;
    const stream = view.stream.value;
    if (!element || !stream || !TELLS_FRAMES) return;
    element.srcObject = stream;
    const picture = new ForwardedPicture(element, {
      rtpOffset: () => view.rtpOffset(),
      plain: () => LAYERS.every((layer) => layersOff.peek().has(layer)),
      unable: () => picture.stop(),
      show: ({ frame, overlay }) => {
        const { displayWidth: width, displayHeight: height } = frame.image;
        desk.showForwarded(true);
        show({ kind: overlay ? "read" : "bare", image: frame.image, width, height, overlay, sinceMs: performance.now() });
        last?.close();
        last = frame;
      },
    });
    desk.onOverlay = (overlay) => picture.know(overlay);
    return () => {
      desk.onOverlay = null;
      picture.stop();
      desk.showForwarded(false);
    };
  });
  return () => {
    stop();
    last?.close();
  };
}

function draw(canvas: HTMLCanvasElement, { image, overlay, width, height, kind }: OnShow): void {
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) return;
  const shownPx = canvas.clientWidth || width;
  const size = { width: Math.round(Math.min(MAX_WIDTH_PX, shownPx * devicePixelRatio)), height: 0 };
  size.height = Math.round((size.width * height) / width);
  if (canvas.width !== size.width || canvas.height !== size.height) {
    canvas.width = size.width;
    canvas.height = size.height;
  }
  context.drawImage(image, 0, 0, size.width, size.height);
  canvas.dataset.kind = kind;
  if (!overlay) return;
  drawOverlay({ context, size, dot: Math.max(1, size.width / DOT_EVERY_PX) }, overlay, layersOff.peek());
  canvas.dataset.frameId = String(overlay.frame_id);
  canvas.dataset.faces = String(overlay.faces.length);
  canvas.dataset.hands = String(overlay.hands.length);
  const said = pictureInWords(overlay);
  if (canvas.ariaLabel !== said) canvas.ariaLabel = said;
}
