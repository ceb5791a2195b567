// The WebSocket to the agent: connects, watches one call at a time, and comes back by itself after a break.
import type { FromSupervisor, ToSupervisor } from "../wire/messages";
import { decodePicture, decodeToSupervisor, type Glimpse, isGlimpse, type Picture } from "../wire/supervision";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** How long to wait before try number `attempt` (from 0): doubling up to a bound, and spread by `chance` in [0, 1). */
export function backoffMs(attempt: number, chance: number): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return wait * (0.5 + chance / 2);
}

export type FeedState = "connecting" | "open" | "waiting";

export interface FeedEvents {
  onMessage(message: ToSupervisor): void;
  onPicture(picture: Picture): void;
  onGlimpse(glimpse: Glimpse): void;
  onState(state: FeedState): void;
}

export class Feed {
  private socket: WebSocket | null = null;
  private watched: string | null = null;
  private forwarded = false;
  private glanced: string[] = [];
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly events: FeedEvents,
  ) {
    window.addEventListener("online", () => this.hurry());
    this.connect();
  }

  /**
   * Watches `callId` in place of the call watched before; null watches none. Remembered across breaks. Who has its
   * picture `forwarded` is sent what was read of each frame, and no pictures.
   */
  watch(callId: string | null, forwarded = false): void {
    this.watched = callId;
    this.forwarded = forwarded;
    this.ask();
  }

  /** Asks for small pictures of these calls in place of those before. Remembered across breaks. */
  glance(callIds: string[]): void {
    if (callIds.join() === this.glanced.join()) return;
    this.glanced = callIds;
    this.send({ type: "glance", call_ids: callIds });
  }

  /** Sends a message now, or never when the connection is broken. */
  send(message: FromSupervisor): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private connect(): void {
    this.events.onState("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.attempt = 0;
      this.events.onState("open");
      if (this.watched !== null) this.ask();
      if (this.glanced.length > 0) this.send({ type: "glance", call_ids: this.glanced });
    };
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = () => {
      this.events.onState("waiting");
      this.retry = setTimeout(() => this.connect(), backoffMs(this.attempt++, Math.random()));
    };
  }

  private hurry(): void {
    if (this.socket?.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.retry);
    this.connect();
  }

  private ask(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const wish = { pictures: !this.forwarded, overlays: this.forwarded };
    const message: FromSupervisor =
      this.watched === null ? { type: "unwatch" } : { type: "watch", call_id: this.watched, ...wish };
    this.socket.send(JSON.stringify(message));
  }

  private receive(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      const picture = decodePicture(data);
      if (picture && isGlimpse(picture)) this.events.onGlimpse(picture);
      else if (picture) this.events.onPicture(picture);
    } else if (typeof data === "string") {
      const message = decodeToSupervisor(data);
      if (message) this.events.onMessage(message);
    }
  }
}
