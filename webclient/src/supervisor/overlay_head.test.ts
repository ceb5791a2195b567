import { describe, expect, it } from "vitest";
import { axesOf } from "./overlay_head";

const near = ({ x, y }: { x: number; y: number }) => [Math.round(x * 100) / 100 + 0, Math.round(y * 100) / 100 + 0];

describe("the axes of a head", () => {
  it("point right, up and at the camera when it looks straight ahead", () => {
    expect(axesOf([0, 0, 0]).map(near)).toEqual([[1, 0], [0, -1], [0, 0]]);
  });

  it("turn forward to the right edge with the yaw, up with the pitch, and clockwise with the roll", () => {
    const [, , yawed] = axesOf([30, 0, 0]);
    expect(near(yawed)[0]).toBe(0.5);
    const [, , pitched] = axesOf([0, 30, 0]);
    expect(near(pitched)[1]).toBe(-0.5);
    const [right] = axesOf([0, 0, 90]);
    expect(near(right)).toEqual(near({ x: 0, y: 1 }));
  });
});
