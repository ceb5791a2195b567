// The customer's picture and sound as they send them: one connection for as long as the call is watched, made again
// when it breaks.
import { signal } from "@preact/signals";
import { backoffMs } from "./feed";
import { csrf } from "./signed_in";
import { StaffError, StaffLink } from "./staff_link";
import { words } from "./words";

export class LiveView {
  /** Null while there is no connection. */
  readonly stream = signal<MediaStream | null>(null);
  /** Whether the sound is to be heard. */
  readonly audible = signal(false);
  /** Why there is no connection. */
  readonly fault = signal<string | null>(null);
  private link: StaffLink | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private opened = false;
  private closed = false;

  constructor(readonly callId: string) {}

  /** Connects unless that was done, and again whenever the connection ends, until `close`. */
  ensure(): void {
    if (this.opened) return;
    this.opened = true;
    void this.open();
  }

  /** See `StaffLink.rtpOffset`; null, too, once the connection is gone. */
  async rtpOffset(): Promise<number | null> {
    return (await this.link?.rtpOffset().catch(() => null)) ?? null;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.link?.close();
  }

  private async open(): Promise<void> {
    try {
      const [link, stream] = await StaffLink.watching(this.callId, csrf(), () => this.lose());
      if (this.closed) return link.close();
      this.attempt = 0;
      this.link = link;
      this.stream.value = stream;
      this.fault.value = null;
    } catch (error) {
      this.fault.value = error instanceof StaffError ? error.message : words.picture.unavailable;
      this.tryAgain();
    }
  }

  private lose(): void {
    if (!this.link) return;
    this.link = null;
    this.stream.value = null;
    this.tryAgain();
  }

  private tryAgain(): void {
    if (this.closed) return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.open(), backoffMs(this.attempt++, Math.random()));
  }
}
