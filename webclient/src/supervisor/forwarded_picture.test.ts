import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("HTMLVideoElement", class {});
const { rtpTimeOf } = await import("./forwarded_picture");

function frame(timestamp: number, own?: number): VideoFrame {
  const metadata = () => (own === undefined ? {} : { rtpTimestamp: own });
  return { timestamp, metadata } as unknown as VideoFrame;
}

describe("which frame was taken out of the video", () => {
  const told = { mediaTime: 0.095, rtpTimestamp: 9000 };

  it("is what the frame says, even where the video has gone on since the browser told of it", () => {
    expect(rtpTimeOf(frame(128_000, 12_000), told)).toBe(12_000);
  });

  it("is what the browser told, where both are of one moment", () => {
    expect(rtpTimeOf(frame(95_000), told)).toBe(9000);
  });

  it("is not known where the frame says nothing and is another one", () => {
    expect(rtpTimeOf(frame(128_000), told)).toBeNull();
  });
});
