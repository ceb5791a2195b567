// Takes frames out of the forwarded picture, each with the RTP time under which the customer's side sent it.
import type { AnalysedFrame } from "../wire/messages";
import { type Frame, FrameMeeting, type Shown } from "./frame_meeting";

/** A frame of the video, copied from the browser's decoder so that it can wait. */
export interface HeldFrame extends Frame {
  readonly image: VideoFrame;
}

/** Whether this browser says which frame is on show; without that nothing can be drawn over it. */
export const TELLS_FRAMES = "requestVideoFrameCallback" in HTMLVideoElement.prototype && "VideoFrame" in globalThis;
const ASK_AGAIN_MS = 500;

/** A frame that may say itself when it was sent, as Chromium's do. */
interface TellingFrame extends VideoFrame {
  metadata?(): { rtpTimestamp?: number };
}

const SAME_MOMENT_US = 1;

/**
 * The RTP time of a frame that was taken out of a video while its browser `told` of one. The video may have gone on to
 * the next frame meanwhile: what the frame says itself counts, and one that says nothing and is not the one told of has
 * none.
 */
export function rtpTimeOf(image: TellingFrame, told: { mediaTime: number; rtpTimestamp?: number }): number | null {
  const own = image.metadata?.().rtpTimestamp;
  if (own !== undefined) return own;
  const same = Math.abs(image.timestamp - told.mediaTime * 1e6) <= SAME_MOMENT_US;
  return same ? (told.rtpTimestamp ?? null) : null;
}

/** Reads from a playing `video` until `stop`. */
export class ForwardedPicture {
  private readonly meeting = new FrameMeeting<HeldFrame>(performance.now());
  private offset: number | null = null;
  private askedMs = Number.NEGATIVE_INFINITY;
  private callback = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly options: {
      /** See `LiveView.rtpOffset`. */
      rtpOffset(): Promise<number | null>;
      /** Whether nothing is to be drawn over the picture. */
      plain(): boolean;
      /** Has a frame drawn, which is its owner's from then on. */
      show(shown: Shown<HeldFrame>): void;
      /** The browser does not tell which frames it shows. */
      unable(): void;
    },
  ) {
    this.next();
  }

  /** What was read of a frame. */
  know(overlay: AnalysedFrame): void {
    this.meeting.know(overlay, performance.now());
    this.showDue();
  }

  stop(): void {
    this.stopped = true;
    this.video.cancelVideoFrameCallback(this.callback);
    clearTimeout(this.timer);
    this.meeting.clear();
  }

  private next(): void {
    this.callback = this.video.requestVideoFrameCallback((nowMs, told) => {
      this.next();
      if (told.rtpTimestamp === undefined) this.options.unable();
      else if (this.offset === null) void this.learnOffset(nowMs);
      else this.hold(told, this.offset);
    });
  }

  private hold(told: VideoFrameCallbackMetadata, offset: number): void {
    const image: TellingFrame = new VideoFrame(this.video);
    const rtp = rtpTimeOf(image, told);
    if (rtp === null) return image.close();
    this.meeting.put({ rtp: (rtp - offset) >>> 0, image, arrivedMs: performance.now(), close: () => image.close() });
    this.showDue();
  }

  /** Shows what is due now, and looks again in a while: a frame of which nothing is heard must not wait for ever. */
  private showDue(): void {
    const shown = this.meeting.take(performance.now(), this.options.plain());
    if (shown) this.options.show(shown);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.showDue(), ASK_AGAIN_MS);
  }

  private async learnOffset(nowMs: number): Promise<void> {
    if (nowMs - this.askedMs < ASK_AGAIN_MS) return;
    this.askedMs = nowMs;
    const offset = await this.options.rtpOffset();
    if (!this.stopped) this.offset = offset;
  }
}
