// The supervisor's desk: which calls there are, which one is watched, and what is known of it, as signals.
import { batch, computed, signal } from "@preact/signals";
import type { CallList, CallSummary, ToSupervisor } from "../wire/messages";
import type { Picture } from "../wire/supervision";
import { Feed, type FeedState } from "./feed";
import { withCaption, withNote, withPicture, withSignal, type Watched, watching } from "./watched";

export interface Alert {
  callId: string;
  reason: string;
  urgent: boolean;
}

/** A picture decoded and ready to draw, with the header that came in the same message. */
export interface DecodedPicture {
  header: Picture["header"];
  bitmap: ImageBitmap;
}

export class Desk {
  readonly connection = signal<FeedState>("connecting");
  readonly calls = signal<CallSummary[] | null>(null);
  /** How many calls may go on, and how many customers wait. */
  readonly fullness = signal<{ rated: number | null; inLine: number }>({ rated: null, inLine: 0 });
  readonly alerts = signal<Alert[]>([]);
  readonly fault = signal<string | null>(null);
  readonly watched = signal<Watched | null>(null);
  readonly picture = signal<DecodedPicture | null>(null);
  /** The watched call as the list has it; undefined once it is over. */
  readonly summary = computed(() => this.calls.value?.find(({ call_id }) => call_id === this.watched.value?.callId));

  private readonly feed: Feed;
  /** Newer than what is on the screen until the next animation frame. */
  private latest: Watched | null = null;
  private latestPicture: DecodedPicture | null = null;
  private frameAsked = false;
  private decoding = false;
  private waitingPicture: Picture | null = null;

  constructor(url: string) {
    this.feed = new Feed(url, {
      onMessage: (message) => this.receive(message),
      onPicture: (picture) => void this.decode(picture),
      onState: (state) => (this.connection.value = state),
    });
  }

  watch(callId: string | null): void {
    this.latest = callId === null ? null : watching(callId);
    this.latestPicture?.bitmap.close();
    this.latestPicture = null;
    batch(() => {
      this.watched.value = this.latest;
      this.picture.value = null;
      this.fault.value = null;
    });
    this.feed.watch(callId);
  }

  dismiss(alert: Alert): void {
    this.alerts.value = this.alerts.value.filter((other) => other !== alert);
  }

  private receive(message: ToSupervisor): void {
    switch (message.type) {
      case "calls":
        this.receiveCalls(message);
        break;
      case "handoff":
        this.alerts.value = [
          ...this.alerts.value.filter(({ callId }) => callId !== message.call_id),
          { callId: message.call_id, reason: message.reason, urgent: message.urgency === "high" },
        ];
        break;
      case "error":
        this.fault.value = message.message;
        break;
      case "signal":
        this.update(message.signal.call_id, (watched) => withSignal(watched, message.signal, performance.now()));
        break;
      case "supervisor_caption":
        this.update(message.call_id, (watched) => withCaption(watched, message.caption));
        break;
      case "note":
        this.update(message.call_id, (watched) => withNote(watched, message.text));
        break;
    }
  }

  private receiveCalls({ calls, rated, in_line }: CallList): void {
    const live = new Set(calls.filter(({ state }) => state !== "ended").map(({ call_id }) => call_id));
    batch(() => {
      this.calls.value = calls;
      this.fullness.value = { rated: rated ?? null, inLine: in_line ?? 0 };
      this.alerts.value = this.alerts.value.filter(({ callId }) => live.has(callId));
    });
  }

  private update(callId: string, change: (watched: Watched) => Watched): void {
    if (this.latest?.callId !== callId) return;
    this.latest = change(this.latest);
    this.askFrame();
  }

  /** Decodes one picture at a time; of those that come meanwhile only the newest is kept. */
  private async decode(picture: Picture): Promise<void> {
    if (this.decoding) {
      this.waitingPicture = picture;
      return;
    }
    this.decoding = true;
    for (let next: Picture | null = picture; next; next = this.takeWaiting()) {
      await this.decodeOne(next);
    }
    this.decoding = false;
  }

  private takeWaiting(): Picture | null {
    const picture = this.waitingPicture;
    this.waitingPicture = null;
    return picture;
  }

  private async decodeOne({ header, jpeg }: Picture): Promise<void> {
    let bitmap: ImageBitmap;
    try {
      bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
    } catch {
      return;
    }
    if (this.latest?.callId !== header.call_id) {
      bitmap.close();
      return;
    }
    if (this.latestPicture !== this.picture.value) this.latestPicture?.bitmap.close();
    this.latestPicture = { header, bitmap };
    this.update(header.call_id, (watched) => withPicture(watched, header, performance.now()));
  }

  private askFrame(): void {
    if (this.frameAsked) return;
    this.frameAsked = true;
    requestAnimationFrame(() => {
      this.frameAsked = false;
      batch(() => {
        this.watched.value = this.latest;
        this.picture.value = this.latestPicture;
      });
    });
  }
}
