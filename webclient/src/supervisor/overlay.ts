// What is drawn over a picture: face box, mesh, hands and gesture names, in the canvas's own pixels.
import type { FaceOverlay, HandOverlay, PictureHeader } from "../wire/messages";

const POINT_SCALE = 10_000;

/** Which of a hand's 21 landmarks are joined: four joints a finger from the wrist, and the palm's edge. */
export const HAND_BONES: readonly (readonly [number, number])[] = [
  [0, 1], [1, 2], [2, 3], [3, 4],
  [0, 5], [5, 6], [6, 7], [7, 8],
  [5, 9], [9, 10], [10, 11], [11, 12],
  [9, 13], [13, 14], [14, 15], [15, 16],
  [13, 17], [17, 18], [18, 19], [19, 20], [0, 17],
];

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
  return `${hand.gesture.replaceAll("_", " ")} ${Math.round(hand.probability * 100)} %`;
}

/** What the picture shows, for those who cannot see it. */
export function pictureInWords(header: PictureHeader): string {
  const count = (n: number, what: string) => `${n === 0 ? "no" : n} ${what}${n === 1 ? "" : "s"}`;
  const gestures = header.hands.map(gestureLabel).filter((label) => label !== null);
  const hands = count(header.hands.length, "hand") + (gestures.length ? ` (${gestures.join(", ")})` : "");
  return `Live picture: ${count(header.faces.length, "face")}, ${hands}`;
}

const MESH = "rgb(126 231 222 / 90%)";
const BOX = "#7ee7de";
const BYSTANDER = "#c9ced0";
const HAND = "#ffc38a";

/** Draws what `header` says over a picture that fills a canvas of `size`; `dot` is the side of a mesh point in pixels. */
export function drawOverlay(context: CanvasRenderingContext2D, header: PictureHeader, size: Size, dot: number): void {
  for (const face of header.faces) drawFace(context, face, size, dot);
  for (const hand of header.hands) drawHand(context, hand, size, dot);
}

/** The customer's face has landmarks; those of bystanders are never read, and their boxes are dashed. */
function drawFace(context: CanvasRenderingContext2D, face: FaceOverlay, size: Size, dot: number): void {
  const customer = face.points.length > 0;
  const { x, y, width, height } = faceRect(face, size);
  context.strokeStyle = customer ? BOX : BYSTANDER;
  context.lineWidth = dot * 1.25;
  context.setLineDash(customer ? [] : [dot * 4, dot * 3]);
  context.beginPath();
  context.roundRect(x, y, width, height, dot * 5);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = MESH;
  for (let index = 0; 2 * index < face.points.length; index++) {
    const point = pointAt(face.points, index, size);
    if (point) context.fillRect(point.x - dot / 2, point.y - dot / 2, dot, dot);
  }
}

function drawHand(context: CanvasRenderingContext2D, hand: HandOverlay, size: Size, dot: number): void {
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
  if (label) drawLabel(context, label, hand.points, size, dot);
}

function drawLabel(
  context: CanvasRenderingContext2D,
  text: string,
  points: readonly number[],
  size: Size,
  dot: number,
): void {
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
