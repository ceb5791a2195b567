// Draws a face and hands from their points alone, as lines on an empty stage.
import { HAND_BONES } from "../ui/hand_bones";
import type { DrawnPart } from "./track_store";
import { words } from "./words";

/** Lines of MediaPipe's face topology by the numbers of its points; those of eyes, mouth and outline are closed. */
const CLOSED: readonly (readonly number[])[] = [
  [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109],
  [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
  [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
  [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185],
  [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191],
];
const OPEN: readonly (readonly number[])[] = [
  [70, 63, 105, 66, 107],
  [300, 293, 334, 296, 336],
  [168, 6, 197, 195, 5, 4],
  [98, 97, 2, 326, 327],
];

export interface StageColours {
  face: string;
  points: string;
  hand: string;
}

/** Draws onto a canvas of `width` by `height` of its own pixels; `line` is the width of a line. */
export function drawPeople(
  context: CanvasRenderingContext2D,
  parts: readonly DrawnPart[],
  scale: number,
  { width, height, line }: { width: number; height: number; line: number },
  colours: StageColours,
): void {
  context.clearRect(0, 0, width, height);
  context.lineJoin = "round";
  context.lineCap = "round";
  for (const { part, points } of parts) {
    // As customers see themselves on their own page, in a mirror, staff do not: left and right are as the camera saw them.
    const place = (index: number) => [((points[2 * index] ?? 0) / scale) * width, ((points[2 * index + 1] ?? 0) / scale) * height] as const;
    if (part === "face") {
      context.fillStyle = colours.points;
      for (let index = 0; 2 * index < points.length; index++) {
        const [x, y] = place(index);
        context.fillRect(x - line / 2, y - line / 2, line, line);
      }
      context.strokeStyle = colours.face;
      context.lineWidth = line * 1.5;
      for (const path of CLOSED) stroke(context, path, place, true);
      for (const path of OPEN) stroke(context, path, place, false);
    } else {
      context.strokeStyle = colours.hand;
      context.lineWidth = line * 2;
      for (const bone of HAND_BONES) stroke(context, bone, place, false);
    }
  }
}

function stroke(
  context: CanvasRenderingContext2D,
  path: readonly number[],
  place: (index: number) => readonly [number, number],
  closed: boolean,
): void {
  context.beginPath();
  for (const [step, index] of path.entries()) {
    const [x, y] = place(index);
    if (step === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  if (closed) context.closePath();
  context.stroke();
}

/** What is drawn, for those who cannot see it. */
export function stageInWords(parts: readonly DrawnPart[] | null): string {
  const said = words.stage;
  if (parts === null) return said.loading;
  return parts.length ? said.drawn(parts.map(({ part }) => said.part[part]).join(said.and)) : said.nobody;
}
