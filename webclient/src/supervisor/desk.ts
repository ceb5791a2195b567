// The supervisor's desk: which calls there are, which one is watched, and what is known of it, as signals.
import { batch, computed, signal } from "@preact/signals";
import type { Alert, AnalysedFrame, CallSummary, NextReply, Service, ToSupervisor } from "../wire/messages";
import type { Picture } from "../wire/supervision";
import { Feed, type FeedState } from "./feed";
import { Glimpses } from "./glimpses";
import { Timeline } from "./timeline";
import { Trails } from "./trails";
import { withCaption, withNote, withPicture, withSharedPicture, withSignal, type Watched, watching } from "./watched";

/** Panels say what is known this often; a picture is drawn with every frame. */
const TOLD_EVERY_MS = 200;

/** A picture decoded and ready to draw, with the header that came in the same message. */
export interface DecodedPicture {
  header: Picture["header"];
  bitmap: ImageBitmap;
}

export class Desk {
  readonly connection = signal<FeedState>("connecting");
  readonly calls = signal<CallSummary[] | null>(null);
  /** How customers are served as a whole; null while the agent has not said. */
  readonly service = signal<Service | null>(null);
  readonly alerts = signal<Alert[]>([]);
  readonly trails = new Trails();
  readonly glimpses = new Glimpses();
  readonly fault = signal<string | null>(null);
  readonly watched = signal<Watched | null>(null);
  readonly picture = signal<DecodedPicture | null>(null);
  /** Whether the picture comes forwarded, so that only what was read of it is wanted here. */
  readonly forwarded = signal(false);
  /** Given what was read of every frame while the picture comes forwarded. */
  onOverlay: ((overlay: AnalysedFrame) => void) | null = null;
  /** What the agent of the watched call would say next. */
  readonly nextReply = signal<NextReply | null>(null);
  /** The watched call as the list has it; undefined once it is over. */
  readonly watchedId = computed(() => this.watched.value?.callId ?? null);
  /** Of the watched call; made anew for another one. */
  timeline = new Timeline();
  readonly summary = computed(() => this.calls.value?.find(({ call_id }) => call_id === this.watched.value?.callId));

  private readonly feed: Feed;
  /** Newer than what is on the screen until the next animation frame. */
  private latest: Watched | null = null;
  private latestPicture: DecodedPicture | null = null;
  private frameAsked = false;
  /** When panels were told last, and the timer by which they will be. */
  private toldMs = 0;
  private telling: ReturnType<typeof setTimeout> | null = null;
  private decoding = false;
  private waitingPicture: Picture | null = null;

  constructor(url: string) {
    this.feed = new Feed(url, {
      onMessage: (message) => this.receive(message),
      onPicture: (picture) => void this.decode(picture),
      onGlimpse: ({ header, jpeg }) => void this.glimpses.show(header.call_id, jpeg),
      onState: (state) => this.connected(state),
    });
  }

  watch(callId: string | null): void {
    this.latest = callId === null ? null : watching(callId);
    this.timeline = new Timeline();
    this.latestPicture?.bitmap.close();
    this.latestPicture = null;
    batch(() => {
      this.watched.value = this.latest;
      this.picture.value = null;
      this.fault.value = null;
      this.forwarded.value = false;
      this.nextReply.value = null;
    });
    this.feed.watch(callId);
  }

  /** Says whether the picture of the watched call comes forwarded, or has to be sent along as single pictures. */
  showForwarded(yes: boolean): void {
    if (this.forwarded.peek() === yes) return;
    this.forwarded.value = yes;
    this.feed.watch(this.latest?.callId ?? null, yes);
  }

  /** Tells all supervisors that this one sees to an alert. */
  acknowledge(alert: Alert): void {
    this.feed.send({ type: "acknowledge", alert: alert.id });
  }

  /** Asks for small pictures of these calls in place of those before. */
  glance(callIds: string[]): void {
    this.feed.glance(callIds);
  }

  /** What held before a break need not hold any more, and the agent says only what does. */
  private connected(state: FeedState): void {
    batch(() => {
      this.connection.value = state;
      if (state === "connecting") this.alerts.value = [];
    });
  }

  private receive(message: ToSupervisor): void {
    switch (message.type) {
      case "calls":
        this.receiveCalls(message.calls);
        break;
      case "call":
        this.receiveChange(message.call);
        break;
      case "alerts":
        this.alerts.value = message.alerts;
        break;
      case "service":
        this.service.value = message;
        break;
      case "error":
        this.fault.value = message.message;
        break;
      case "signal":
        if (message.signal.call_id === this.latest?.callId) this.timeline.put(message.signal);
        this.update(message.signal.call_id, (watched) => withSignal(watched, message.signal, performance.now()));
        break;
      case "supervisor_caption":
        this.update(message.call_id, (watched) => withCaption(watched, message.caption));
        break;
      case "shared_picture":
        this.update(message.call_id, (watched) => withSharedPicture(watched, message));
        break;
      case "overlay":
        this.update(message.call_id, (watched) => withPicture(watched, message, performance.now()));
        if (this.latest?.callId === message.call_id) this.onOverlay?.(message);
        break;
      case "next_reply":
        if (this.latest?.callId === message.call_id) this.nextReply.value = message.text ? message : null;
        break;
      case "note":
        this.update(message.call_id, (watched) => withNote(watched, message.text));
        break;
    }
  }

  private receiveCalls(calls: CallSummary[]): void {
    this.trails.keepOnly(new Set(calls.map(({ call_id }) => call_id)));
    for (const call of calls) this.trails.note(call, Date.now() / 1000);
    this.calls.value = calls;
  }

  /** A change of a call that is not in the list came after its end. */
  private receiveChange(call: CallSummary): void {
    const at = this.calls.value?.findIndex(({ call_id }) => call_id === call.call_id) ?? -1;
    if (!this.calls.value || at < 0) return;
    this.trails.note(call, Date.now() / 1000);
    this.calls.value = this.calls.value.with(at, call);
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

  /** What is newest comes on the screen with the next frame: a picture always, the panels a few times a second. */
  private askFrame(): void {
    if (this.frameAsked) return;
    this.frameAsked = true;
    requestAnimationFrame((nowMs) => {
      this.frameAsked = false;
      batch(() => {
        this.picture.value = this.latestPicture;
        if (this.watched.value?.callId !== this.latest?.callId || nowMs - this.toldMs >= TOLD_EVERY_MS) this.tell(nowMs);
        else this.tellSoon(TOLD_EVERY_MS - (nowMs - this.toldMs));
      });
    });
  }

  private tell(nowMs: number): void {
    this.toldMs = nowMs;
    this.watched.value = this.latest;
  }

  private tellSoon(inMs: number): void {
    this.telling ??= setTimeout(() => {
      this.telling = null;
      this.tell(performance.now());
    }, inMs);
  }
}
