import { describe, expect, it } from "vitest";
import { limitSending, type PictureSender } from "./sending";

class FakeSender {
  encodings: RTCRtpEncodingParameters[] = [{ active: true }];
  constructor(
    private readonly width: number | undefined,
    private readonly refused: (encoding: RTCRtpEncodingParameters) => boolean = () => false,
  ) {}
  get track() {
    return { getSettings: () => ({ width: this.width }) } as MediaStreamTrack;
  }
  getParameters(): RTCRtpSendParameters {
    return { encodings: this.encodings.map((encoding) => ({ ...encoding })) } as RTCRtpSendParameters;
  }
  async setParameters({ encodings }: RTCRtpSendParameters) {
    if (encodings.some(this.refused)) throw new DOMException("no", "InvalidModificationError");
    this.encodings = encodings;
  }
}

function limits(sender: FakeSender, fps: number, widthPx: number) {
  return limitSending(sender as unknown as PictureSender, { fps, widthPx });
}

describe("sending less", () => {
  it("caps rate and size of what a large camera sends", async () => {
    const sender = new FakeSender(1280);
    expect(await limits(sender, 12, 480)).toBe(true);
    expect(sender.encodings).toEqual([{ active: true, maxFramerate: 12, scaleResolutionDownBy: 1280 / 480 }]);
  });

  it("does not scale pictures that a camera already makes small enough, or larger", async () => {
    const sender = new FakeSender(320);
    await limits(sender, 12, 480);
    expect(sender.encodings[0]?.scaleResolutionDownBy).toBe(1);
  });

  it("takes back what it asked for when the agent has time again", async () => {
    const sender = new FakeSender(640);
    await limits(sender, 1, 160);
    expect(sender.encodings[0]?.scaleResolutionDownBy).toBe(4);
    await limits(sender, 15, 640);
    expect(sender.encodings).toEqual([{ active: true, maxFramerate: 15, scaleResolutionDownBy: 1 }]);
  });

  it("caps at least the rate where a browser cannot scale", async () => {
    const sender = new FakeSender(1280, (encoding) => encoding.scaleResolutionDownBy !== undefined);
    expect(await limits(sender, 12, 480)).toBe(true);
    expect(sender.encodings).toEqual([{ active: true, maxFramerate: 12 }]);
  });

  it("says so where a browser can do neither, and breaks nothing", async () => {
    const sender = new FakeSender(1280, () => true);
    expect(await limits(sender, 12, 480)).toBe(false);
    expect(sender.encodings).toEqual([{ active: true }]);
  });
});
