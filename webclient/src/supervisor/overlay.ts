// What is drawn over a picture: face box, mesh, hands and gesture names, in the canvas's own pixels.
import { nameOf } from "../staff/names";
import { percent, words as shared } from "../staff/words";
import { HAND_BONES } from "../ui/hand_bones";
import type { AnalysedFrame, FaceOverlay, HandOverlay } from "../wire/messages";
import type { Layer } from "./layers";
import { drawGaze, drawPose } from "./overlay_head";
import { words } from "./words";

const POINT_SCALE = 10_000;

export interface Size {
  width: number;
  height: number;
}

export interface Rect extends Size {
  x: number;
  y: number;
}

/** A face's box in pixels of a canvas of `size`. */
export function faceRect(face: FaceOverlay, size: Size): Rect {
  const [x, y, width, height] = face.box;
  return { x: x * size.width, y: y * size.height, width: width * size.width, height: height * size.height };
}

/** Point `index` of a flat list x0, y0, x1, y1, … in ten-thousandths; null beyond its end. */
export function pointAt(points: readonly number[], index: number, size: Size): { x: number; y: number } | null {
  const x = points[2 * index];
  const y = points[2 * index + 1];
  if (x === undefined || y === undefined) return null;
  return { x: (x / POINT_SCALE) * size.width, y: (y / POINT_SCALE) * size.height };
}

/** Where a label of `label`'s size goes: above the hand's topmost point, but never out of the picture. */
export function labelPlace(points: readonly number[], label: Size, size: Size): { x: number; y: number } {
  let top = { x: 0, y: Number.POSITIVE_INFINITY };
  for (let index = 0; 2 * index < points.length; index++) {
    const point = pointAt(points, index, size);
    if (point && point.y < top.y) top = point;
  }
  const clamp = (value: number, most: number) => Math.max(0, Math.min(value, most));
  return {
    x: clamp(top.x - label.width / 2, size.width - label.width),
    y: clamp(top.y - label.height - 8, size.height - label.height),
  };
}

/** A gesture's name for people, or null for a hand that shows none. */
export function gestureLabel(hand: Pick<HandOverlay, "gesture" | "probability">): string | null {
  if (hand.gesture === "none") return null;
  return `${nameOf("gesture", hand.gesture)} ${percent(hand.probability)}`;
}

/** What the picture shows, for those who cannot see it. */
export function pictureInWords(header: AnalysedFrame): string {
  const said = words.picture;
  const gestures = header.hands.map(gestureLabel).filter((label) => label !== null);
  const hands = said.hands(header.hands.length) + (gestures.length ? said.shown(gestures.join(shared.comma)) : "");
  return said.live(said.faces(header.faces.length), hands);
}

const MESH = "rgb(126 231 222 / 90%)";
const BOX = "#7ee7de";
const BYSTANDER = "#c9ced0";
const HAND = "#ffc38a";

/** A drawing surface, how large the picture on it is, and the side of a mesh point in its pixels. */
export interface Surface {
  context: CanvasRenderingContext2D;
  size: Size;
  dot: number;
}

/** Draws what `header` says over a picture that fills the surface, without the layers that are taken away. */
export function drawOverlay(surface: Surface, header: AnalysedFrame, off: ReadonlySet<Layer>): void {
  for (const face of header.faces) {
    if (!off.has("mesh")) drawMesh(surface, face);
    if (!off.has("box")) drawBox(surface, face);
    if (!off.has("pose")) drawPose(surface, face);
    if (!off.has("gaze")) drawGaze(surface, face);
  }
  if (off.has("hands")) return;
  for (const hand of header.hands) drawHand(surface, hand);
}

/** The customer's face has landmarks; those of bystanders are never read, and their boxes are dashed. */
function drawBox({ context, size, dot }: Surface, face: FaceOverlay): void {
  const customer = face.points.length > 0;
  const { x, y, width, height } = faceRect(face, size);
  context.strokeStyle = customer ? BOX : BYSTANDER;
  context.lineWidth = dot * 1.25;
  context.setLineDash(customer ? [] : [dot * 4, dot * 3]);
  context.beginPath();
  context.roundRect(x, y, width, height, dot * 5);
  context.stroke();
  context.setLineDash([]);
  context.font = `600 ${dot * 7}px system-ui, sans-serif`;
  context.textBaseline = "bottom";
  context.fillStyle = context.strokeStyle;
  const name = (customer ? words.picture.face : words.picture.bystander)(face.track_id);
  context.fillText(name, Math.max(0, x + dot * 3), Math.max(dot * 9, y - dot));
}

function drawMesh({ context, size, dot }: Surface, face: FaceOverlay): void {
  context.fillStyle = MESH;
  context.beginPath();
  for (let index = 0; 2 * index < face.points.length; index++) {
    const point = pointAt(face.points, index, size);
    if (point) context.rect(point.x - dot / 2, point.y - dot / 2, dot, dot);
  }
  context.fill();
}

function drawHand(surface: Surface, hand: HandOverlay): void {
  const { context, size, dot } = surface;
  context.strokeStyle = HAND;
  context.lineWidth = dot * 1.25;
  context.beginPath();
  for (const [from, to] of HAND_BONES) {
    const start = pointAt(hand.points, from, size);
    const end = pointAt(hand.points, to, size);
    if (!start || !end) continue;
    context.moveTo(start.x, start.y);
    context.lineTo(end.x, end.y);
  }
  context.stroke();
  context.fillStyle = HAND;
  for (let index = 0; 2 * index < hand.points.length; index++) {
    const joint = pointAt(hand.points, index, size);
    if (joint) context.fillRect(joint.x - dot, joint.y - dot, 2 * dot, 2 * dot);
  }
  const label = gestureLabel(hand);
  if (label) drawLabel(surface, label, hand.points);
}

function drawLabel({ context, size, dot }: Surface, text: string, points: readonly number[]): void {
  const height = dot * 13;
  context.font = `600 ${dot * 8}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const width = context.measureText(text).width + dot * 8;
  const place = labelPlace(points, { width, height }, size);
  context.fillStyle = "rgb(20 24 26 / 82%)";
  context.beginPath();
  context.roundRect(place.x, place.y, width, height, dot * 4);
  context.fill();
  context.fillStyle = HAND;
  context.fillText(text, place.x + dot * 4, place.y + height / 2);
}
