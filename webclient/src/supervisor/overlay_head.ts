// How a head is turned and where its eyes look, drawn over the picture.
import type { FaceOverlay } from "../wire/messages";
import { faceRect, pointAt, type Surface } from "./overlay";

export interface Vector {
  x: number;
  y: number;
}

const RADIANS = Math.PI / 180;
/** Of MediaPipe's landmarks, the tip of the nose and the four corners of the eyes. */
const NOSE = 1;
const EYES = [
  [33, 133],
  [362, 263],
] as const;
/** To the picture's right, upwards in it, and out of the face. */
const AXES = ["#ff9d94", "#9be58b", "#7cc4ff"] as const;
const GAZE = "#ffe27a";
/** How far an arrow reaches at the eyes' full turn, in parts of the face's width. */
const GAZE_REACH = 0.5;

/** The head's own right, up and forward as seen in the picture, whose y goes down; each at most 1 long. */
export function axesOf([yawDeg, pitchDeg, rollDeg]: readonly [number, number, number]): [Vector, Vector, Vector] {
  const [yaw, pitch, roll] = [yawDeg * RADIANS, pitchDeg * RADIANS, rollDeg * RADIANS];
  const [sy, cy] = [Math.sin(yaw), Math.cos(yaw)];
  const [sp, cp] = [Math.sin(pitch), Math.cos(pitch)];
  const [sr, cr] = [Math.sin(roll), Math.cos(roll)];
  return [
    { x: cy * cr + sy * sp * sr, y: cp * sr },
    { x: cy * sr - sy * sp * cr, y: -cp * cr },
    { x: sy * cp, y: -sp },
  ];
}

export function drawPose({ context, size, dot }: Surface, face: FaceOverlay): void {
  const from = pointAt(face.points, NOSE, size);
  if (!face.pose_deg || !from) return;
  const reach = faceRect(face, size).width * 0.35;
  axesOf(face.pose_deg).forEach((axis, index) => {
    const to = { x: from.x + axis.x * reach, y: from.y + axis.y * reach };
    drawLine(context, from, to, AXES[index] ?? GAZE, dot * 1.5);
  });
}

/** An arrow from each eye; one that looks straight ahead has none. */
export function drawGaze({ context, size, dot }: Surface, face: FaceOverlay): void {
  if (!face.gaze) return;
  const [right, up] = face.gaze;
  const reach = faceRect(face, size).width * GAZE_REACH;
  for (const [outer, inner] of EYES) {
    const [a, b] = [pointAt(face.points, outer, size), pointAt(face.points, inner, size)];
    if (!a || !b) continue;
    const from = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    drawLine(context, from, { x: from.x + right * reach, y: from.y - up * reach }, GAZE, dot * 1.5);
  }
}

function drawLine(context: CanvasRenderingContext2D, from: Vector, to: Vector, colour: string, width: number): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}
