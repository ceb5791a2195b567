// One call's connection, kept: one that breaks is replaced by another for the same call, for as long as that makes sense.
import { LineError } from "./line";

/** How the connection stands: "unsteady" may pass by itself, "lost" is being replaced. */
export type Standing = "good" | "unsteady" | "lost";

/** What is used of a `Line`. */
export interface KeptLine {
  connect(connectingMs?: number): Promise<void>;
  drop(): void;
}

/** What a line tells of itself. */
export interface LineNews {
  onUnsteady(unsteady: boolean): void;
  onLost(): void;
}

export interface HeldLineEvents {
  onStanding(standing: Standing): void;
  /** Another connection is up. */
  onBack(): void;
  /** The call cannot be taken up again; why, as a reason for which calls end. */
  onOver(reason: "connection_failed" | "not_resumed"): void;
}

/** Networks recover from most hiccups within this time; a new connection takes about a second. */
const UNSTEADY_MS = 4_000;
/** Another connection comes about in a second or two, or not over this network. */
const CONNECTING_AGAIN_MS = 8_000;
const PAUSES_MS = [0, 1_000, 2_000, 3_000, 5_000];
/** The agent waits for a minute once it has noticed, which may take it a quarter of one. */
const GIVE_UP_MS = 90_000;

export class HeldLine<L extends KeptLine> {
  line: L;
  private over = false;
  private mending = false;
  private unsteady: ReturnType<typeof setTimeout> | undefined;
  private goOn = () => {};

  /** `dial` makes a line that is yet to be connected. */
  constructor(
    private readonly dial: (news: LineNews) => L,
    private readonly events: HeldLineEvents,
  ) {
    this.line = this.next();
    for (const event of ["online", "pageshow"]) window.addEventListener(event, this.tryNow);
    document.addEventListener("visibilitychange", this.tryNow);
  }

  /** The first connection; from then on it is kept. Throws `LineError`. */
  async connect(): Promise<void> {
    this.mending = true;
    await this.line.connect();
    this.mending = false;
  }

  /** Makes another connection in place of what there is. Does nothing while that is being done. */
  async mend(): Promise<void> {
    if (this.mending || this.over) return;
    this.mending = true;
    clearTimeout(this.unsteady);
    this.events.onStanding("lost");
    const sinceMs = performance.now();
    for (let attempt = 0; !this.over; attempt++) {
      await this.pause(PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] ?? 0);
      if (this.over) return;
      this.line.drop();
      this.line = this.next();
      try {
        await this.line.connect(CONNECTING_AGAIN_MS);
      } catch (error) {
        if (this.over) return;
        if (error instanceof LineError && error.kind === "gone") return this.end("not_resumed");
        if (performance.now() - sinceMs > GIVE_UP_MS) return this.end("connection_failed");
        continue;
      }
      this.mending = false;
      if (this.over) return;
      this.events.onStanding("good");
      this.events.onBack();
      return;
    }
  }

  /** Keeps it no longer; the line itself is left as it is. */
  release(): void {
    this.over = true;
    clearTimeout(this.unsteady);
    this.goOn();
    for (const event of ["online", "pageshow"]) window.removeEventListener(event, this.tryNow);
    document.removeEventListener("visibilitychange", this.tryNow);
  }

  private next(): L {
    let line: L | null = null;
    const present = () => !this.over && !this.mending && line === this.line;
    line = this.dial({
      onUnsteady: (unsteady) => {
        if (!present()) return;
        clearTimeout(this.unsteady);
        if (unsteady) this.unsteady = setTimeout(() => void this.mend(), UNSTEADY_MS);
        this.events.onStanding(unsteady ? "unsteady" : "good");
      },
      onLost: () => present() && void this.mend(),
    });
    return line;
  }

  private end(reason: "connection_failed" | "not_resumed"): void {
    this.release();
    this.events.onOver(reason);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.goOn = () => (clearTimeout(timer), resolve());
    });
  }

  /** The network, or the customer, is back: whatever is waited for may work now. */
  private readonly tryNow = () => this.goOn();
}
