// The customer's visit from notice to goodbye: what the page shows, as signals, and what the customer can do.
import { batch, computed, signal } from "@preact/signals";
import { locale } from "../ui/language";
import { Attaching } from "./attaching";
import type { PictureLimits } from "./devices";
import { Equipment } from "./equipment";
import { HeldLine, type Standing } from "./held_line";
import { forgetCall, keepCall, type KeptCall, keptCall } from "./kept_call";
import { Line, LineError } from "./line";
import { LiveCall, RECORDING } from "./live_call";
import { takeCall, takeCallAgain } from "./one_call";
import { takeCustomer } from "./signed_in";
import { type Agreed, type Choice, fetchNotice, LinkRejected, type Notice, type OpenedCall, openCall, type Place, type Receipt, ServiceError } from "./service";
import { giveUpPlace, onceBack, openInTurn } from "./waiting";
import { words } from "./words";

export type Phase = "notice" | "left" | "check" | "waiting" | "connecting" | "returning" | "call" | "ended";

declare global {
  interface Window {
    /** The call in progress, for tests and for support: `agentCall?.peerConnection.getStats()`. */
    agentCall?: { peerConnection: RTCPeerConnection };
  }
}

export class Session {
  readonly phase = signal<Phase>("notice");
  readonly notice = signal<Notice | null>(null);
  /** Whether this agent asks for the analysis of emotion at all. */
  readonly asksForEmotion = computed(() => this.notice.value?.choices.some(({ choice }) => choice === "agree") ?? false);
  /** What went wrong last, for the customer to read. */
  readonly problem = signal<string | null>(null);
  readonly equipment = new Equipment(() => void this.equipmentChanged());

  /** In line, while all lines are busy. */
  readonly place = signal<Place | null>(null);
  /** Of the call that was connected last. */
  readonly receipt = signal<Receipt | null>(null);
  readonly endReason = signal<string | null>(null);
  readonly locale = locale;
  readonly call = new LiveCall(this.locale, {
    send: (message) => this.held?.line.send(message) ?? false,
    audio: () => this.equipment.audio(),
    onWelcome: () => void this.equipmentChanged(),
    onSendLess: (picture) => void this.sendLess(picture),
    onEnded: (reason) => this.endCall(reason),
  });
  /** The token of a customer who is signed in at the business's site. */
  customer = takeCustomer();
  private agreed: Agreed = { choice: "without_emotion", also: [] };
  readonly attaching = new Attaching(
    this.call,
    this.equipment,
    () => this.opened,
    () => this.toggleMute(),
  );
  private held: HeldLine<Line> | null = null;
  /** The call that the line is for. */
  private opened: OpenedCall | null = null;
  private giveBackCall = () => {};
  private giveUpWaiting = () => {};

  constructor() {
    window.addEventListener("pagehide", () => {
      this.leaveLine();
      // A page that is loaded again goes on with its call; the agent waits a little for one that is not.
      if (["call", "returning"].includes(this.phase.value)) this.held?.line.drop();
      else this.endCall("customer_left");
    });
    window.addEventListener("pageshow", ({ persisted }) => persisted && void this.held?.mend());
  }

  /** Begins with the notice, or goes on with the call that this page was in before it was loaded again. */
  async begin(): Promise<void> {
    const kept = keptCall();
    await (kept ? this.comeBack(kept) : this.loadNotice());
  }

  async loadNotice(): Promise<void> {
    this.problem.value = null;
    try {
      this.notice.value = await fetchNotice(this.locale, this.customer);
    } catch (error) {
      this.problem.value = inWords(error);
    }
  }

  leave(): void {
    this.phase.value = "left";
  }

  async backToNotice(): Promise<void> {
    this.equipment.release();
    this.phase.value = "notice";
    await this.loadNotice();
  }

  async agree(choice: Choice, also: string[]): Promise<void> {
    this.agreed = { choice, also };
    await this.check();
  }

  /** Shows the device check, with whatever devices can be had now. */
  async check(): Promise<void> {
    this.phase.value = "check";
    await this.equipment.acquire();
  }

  /** A new call as the one before: with the same choice and devices, and without another press. */
  async callAgain(): Promise<void> {
    batch(() => {
      this.phase.value = "connecting";
      this.problem.value = null;
    });
    await this.equipment.acquire();
    const waits = () => this.phase.value === "connecting";
    try {
      const notice = await onceBack(() => fetchNotice(this.locale, this.customer), waits, () => (this.problem.value = words.line.awaitingService));
      if (!notice) return;
      this.notice.value = notice;
    } catch (error) {
      this.phase.value = "check";
      this.problem.value = inWords(error);
      return;
    }
    await this.start();
  }

  async start(): Promise<void> {
    const notice = this.notice.value;
    if (!notice) return;
    batch(() => {
      this.phase.value = "connecting";
      this.problem.value = null;
      this.receipt.value = null;
    });
    try {
      await this.connect(notice);
    } catch (error) {
      const leftLine = error instanceof DOMException && error.name === "AbortError";
      if (leftLine || (this.phase.value !== "connecting" && this.phase.value !== "waiting")) return;
      this.dropLine();
      if (error instanceof LinkRejected && error.guests) this.customer = undefined;
      if (error instanceof ServiceError && error.kind === "notice_changed") await this.backToNotice();
      else this.phase.value = "check";
      this.problem.value = inWords(error);
    }
  }

  /** Back to the device check, without a place in line. */
  leaveLine(): void {
    if (this.phase.value !== "waiting") return;
    this.phase.value = "check";
    this.giveUpWaiting();
    this.dropLine();
  }

  async toggleMute(): Promise<void> {
    if (this.equipment.microphone.value) this.equipment.toggleMute();
    else await this.equipment.reopen("microphone");
    await this.equipmentChanged();
  }

  async toggleCamera(): Promise<void> {
    if (this.equipment.camera.value) this.equipment.stopCamera();
    else await this.equipment.reopen("camera");
    await this.equipmentChanged();
  }

  endCall(reason: string): void {
    if (!["call", "connecting", "returning"].includes(this.phase.value)) return;
    this.dropLine();
    this.equipment.release();
    batch(() => {
      this.endReason.value = reason;
      this.call.callState.value = "ended";
      this.phase.value = "ended";
    });
  }

  /** For this call, and for those that are made again as it was. */
  async stopRecording(): Promise<void> {
    if (!this.call.stopRecording()) return;
    this.agreed = { ...this.agreed, also: this.agreed.also.filter((purpose) => purpose !== RECORDING) };
    await this.equipmentChanged();
  }

  private async connect(notice: Notice): Promise<void> {
    const { equipment } = this;
    // Not waited for: without an output device it never comes to an end, and the call needs none.
    equipment.audio().resume().catch(() => {});
    const giveBackCall = await takeCall();
    if (!giveBackCall) throw new ServiceError("elsewhere", words.line.elsewhere);
    if (this.phase.value !== "connecting") return giveBackCall();
    this.giveBackCall = giveBackCall;
    const call = await this.openInTurn(notice.version);
    if (this.phase.value !== "connecting") return;
    await equipment.limitPicture(call);
    if (this.phase.value !== "connecting") return;
    await this.hold(call).connect();
    if (this.phase.value !== "connecting") return;
    await this.enter(call, Date.now());
  }

  /** Back into a call that this page was in, over another connection. */
  private async comeBack(kept: KeptCall): Promise<void> {
    const { call, agreed, startedAt, camera, muted } = kept;
    this.phase.value = "returning";
    this.agreed = agreed;
    this.receipt.value = call.receipt;
    void this.loadNotice();
    const giveBackCall = await takeCallAgain();
    if (this.phase.value !== "returning") return giveBackCall?.();
    if (!giveBackCall) {
      // This tab is a copy of the one that is on the call.
      this.phase.value = "notice";
      this.problem.value = words.line.elsewhere;
      return;
    }
    this.giveBackCall = giveBackCall;
    if (!camera) this.equipment.choices.value = { ...this.equipment.choices.value, camera: null };
    await this.equipment.acquire();
    if (muted && this.equipment.microphone.value) this.equipment.toggleMute();
    if (this.phase.value !== "returning") return;
    await this.equipment.limitPicture(call);
    const held = this.hold(call);
    this.call.startedAt.value = startedAt;
    await held.mend();
  }

  /** Holds a line for `call`, which is yet to be connected. */
  private hold(call: OpenedCall): HeldLine<Line> {
    this.call.begin(call.purposes);
    this.opened = call;
    const dial: ConstructorParameters<typeof HeldLine<Line>>[0] = (news) => {
      const line = new Line(call, this.equipment.outgoingSound(), this.equipment.camera.value, {
        ...news,
        onMessage: (message) => this.call.receive(message),
        onRemoteTrack: (track, stream, receiver) => this.call.takeRemote(track, stream, receiver),
      });
      window.agentCall = { peerConnection: line.peerConnection };
      return line;
    };
    this.held = new HeldLine(dial, {
      onStanding: (standing) => this.stand(standing),
      onBack: () => void this.enter(call, this.call.startedAt.value),
      onOver: (reason) => this.endCall(reason),
    });
    return this.held;
  }

  private stand(standing: Standing): void {
    if (standing === "lost") this.call.breakOff();
    this.call.standing.value = standing;
  }

  /** The call goes on from here, over the connection that is up. */
  private async enter(call: OpenedCall, startedAt: number): Promise<void> {
    batch(() => {
      this.call.startedAt.value = startedAt;
      this.receipt.value = call.receipt;
      this.phase.value = "call";
    });
    await this.equipmentChanged();
  }

  /** Opens a call, waiting in line for it if need be; the phase is "connecting" when this is done. */
  private async openInTurn(noticeVersion: string): Promise<OpenedCall> {
    const leaving = new AbortController();
    const open = (place?: string) =>
      openCall(this.agreed, noticeVersion, this.locale, { place, customer: this.customer, signal: leaving.signal });
    const wait = (place: Place) => {
      this.giveUpWaiting = () => {
        giveUpPlace(place.token);
        leaving.abort();
      };
      batch(() => {
        this.place.value = place;
        this.phase.value = "waiting";
      });
    };
    try {
      const call = await openInTurn(open, wait, leaving.signal);
      if (this.phase.value === "waiting") this.phase.value = "connecting";
      return call;
    } finally {
      this.giveUpWaiting = () => {};
      this.place.value = null;
    }
  }

  private async sendLess(picture: PictureLimits): Promise<void> {
    // The camera first: what it does not take up need not be scaled down again.
    await this.equipment.limitPicture(picture);
    await this.held?.line.limitPicture(picture);
  }

  /** Puts the devices held now on the line, tells the agent which of them are on, and keeps that for a return. */
  private async equipmentChanged(): Promise<void> {
    const { held, equipment, opened } = this;
    if (!held || !opened) return;
    const { line } = held;
    if (this.phase.value === "call") {
      const startedAt = this.call.startedAt.value;
      keepCall({ call: opened, agreed: this.agreed, startedAt, camera: equipment.camera.value !== null, muted: equipment.muted.value });
    }
    await line.replaceCamera(equipment.camera.value);
    await line.replaceMicrophone(equipment.outgoingSound());
    line.send({ type: "devices", camera: equipment.cameraOn.value, microphone: equipment.microphoneOn.value });
  }

  private dropLine(): void {
    forgetCall();
    this.held?.release();
    this.held?.line.hangUp();
    this.held = null;
    this.opened = null;
    delete window.agentCall;
    this.giveBackCall();
    this.call.fallSilent();
  }
}

function inWords(error: unknown): string {
  // What the browser says of its own errors is in no language of the page.
  return error instanceof ServiceError || error instanceof LineError ? error.message : words.page.wentWrong;
}
