// The customer's visit from notice to goodbye: what the page shows, as signals, and what the customer can do.
import { batch, computed, signal } from "@preact/signals";
import type { CallStateChanged, ToPage } from "../wire/messages";
import { Cards } from "./cards";
import { type Line as ConversationLine, withCaption, withTyped } from "./conversation";
import type { PictureLimits } from "./devices";
import { Equipment } from "./equipment";
import { Line } from "./line";
import { pageLocale, sameLanguage } from "./locale";
import { takeCall } from "./one_call";
import { takeCustomer } from "./signed_in";
import { Loudness } from "./loudness";
import { PageVoice } from "./page_voice";
import { type Choice, fetchNotice, type Notice, type OpenedCall, openCall, type Place, ServiceError } from "./service";
import { giveUpPlace, openInTurn } from "./waiting";

export type Phase = "notice" | "left" | "check" | "waiting" | "connecting" | "call" | "ended";

/** A second press of the same button within this time is a double click, or impatience. */
const ONE_PRESS_MS = 1_000;
/** After this long without a word the agent is no longer said to be thinking. */
const THINKING_MS = 10_000;
/** What "stop emotion analysis" takes back. */
export const EMOTION_PURPOSES = ["expression", "voice_emotion", "text_emotion"];

declare global {
  interface Window {
    /** The call in progress, for tests and for support: `agentCall?.peerConnection.getStats()`. */
    agentCall?: { peerConnection: RTCPeerConnection };
  }
}

export class Session {
  readonly phase = signal<Phase>("notice");
  readonly notice = signal<Notice | null>(null);
  /** What went wrong last, for the customer to read. */
  readonly problem = signal<string | null>(null);
  readonly equipment = new Equipment(() => void this.equipmentChanged());

  /** In line, while all lines are busy; 1 is the first. */
  readonly position = signal<number | null>(null);
  readonly callState = signal<CallStateChanged["state"]>("consented");
  readonly endReason = signal<string | null>(null);
  readonly startedAt = signal(0);
  readonly purposes = signal<string[]>([]);
  readonly lines = signal<ConversationLine[]>([]);
  readonly cards = new Cards();
  readonly captionsOn = signal(true);
  readonly unsteady = signal(false);
  readonly agentSpeaking = signal(false);
  readonly awaitingAnswer = signal(false);
  readonly agentAudio = signal<MediaStream | null>(null);
  /** The language of a reply that the browser cannot speak either, so that it is only shown. */
  readonly unvoicedLanguage = signal<string | null>(null);
  /** The only language that the agent understands, where that is not the customer's. */
  readonly hearsOnly = signal<string | null>(null);
  readonly agentLoudness = signal<Loudness | null>(null);
  /** A person's picture, while one has taken over the call. */
  readonly staffVideo = signal<MediaStream | null>(null);

  readonly agentDoes = computed(() => {
    if (this.agentSpeaking.value) return "speaking";
    return this.awaitingAnswer.value ? "thinking" : "listening";
  });

  readonly locale = pageLocale(location.search, navigator.language);
  /** The token of a customer who is signed in at the business's site. */
  private customer = takeCustomer();
  private choice: Choice = "without_emotion";
  private line: Line | null = null;
  private giveBackCall = () => {};
  private giveUpWaiting = () => {};
  private readonly pageVoice = new PageVoice((spoken, say) => {
    this.line?.send(spoken);
    this.unvoicedLanguage.value = spoken.state === "unavailable" ? say.language : null;
  });
  private typedCount = 0;
  private lastAnswer = { text: "", atMs: 0 };
  private thinking: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    window.addEventListener("pagehide", () => {
      this.leaveLine();
      this.endCall("customer_left");
    });
  }

  async loadNotice(): Promise<void> {
    this.problem.value = null;
    try {
      this.notice.value = await fetchNotice(this.locale);
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

  async agree(choice: Choice): Promise<void> {
    this.choice = choice;
    await this.check();
  }

  /** Shows the device check, with whatever devices can be had now. */
  async check(): Promise<void> {
    this.phase.value = "check";
    await this.equipment.acquire();
  }

  async start(): Promise<void> {
    const notice = this.notice.value;
    if (!notice) return;
    batch(() => {
      this.phase.value = "connecting";
      this.problem.value = null;
    });
    try {
      await this.connect(notice);
    } catch (error) {
      const leftLine = error instanceof DOMException && error.name === "AbortError";
      if (leftLine || (this.phase.value !== "connecting" && this.phase.value !== "waiting")) return;
      this.dropLine();
      if (error instanceof ServiceError && error.kind === "not_signed_in") this.customer = undefined;
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

  /** Sends a chat line; false if it is empty or cannot be sent now. */
  say(text: string): boolean {
    const words = text.trim();
    if (!words || !this.line?.send({ type: "chat", text: words })) return false;
    this.lines.value = withTyped(this.lines.value, `typed-${++this.typedCount}`, words);
    this.expectAnswer(true);
    return true;
  }

  /** Sends the line of a card's button or form. */
  answer(text: string): void {
    const { text: lastText, atMs } = this.lastAnswer;
    const nowMs = performance.now();
    if (text === lastText && nowMs - atMs < ONE_PRESS_MS) return;
    if (this.say(text)) this.lastAnswer = { text, atMs: nowMs };
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

  withdrawEmotion(): void {
    if (!this.line?.send({ type: "withdraw", purposes: EMOTION_PURPOSES })) return;
    this.purposes.value = this.purposes.value.filter((purpose) => !EMOTION_PURPOSES.includes(purpose));
  }

  endCall(reason: string): void {
    if (this.phase.value !== "call" && this.phase.value !== "connecting") return;
    this.dropLine();
    this.equipment.release();
    batch(() => {
      this.endReason.value = reason;
      this.callState.value = "ended";
      this.phase.value = "ended";
    });
  }

  private async connect(notice: Notice): Promise<void> {
    const { equipment } = this;
    // Not waited for: without an output device it never comes to an end, and the call needs none.
    equipment.audio().resume().catch(() => {});
    const giveBackCall = await takeCall();
    if (!giveBackCall) throw new ServiceError("elsewhere", "You are on a call in another tab. Please end that one first.");
    if (this.phase.value !== "connecting") return giveBackCall();
    this.giveBackCall = giveBackCall;
    const call = await this.openInTurn(notice.version);
    if (this.phase.value !== "connecting") return;
    await equipment.limitPicture(call);
    batch(() => {
      this.purposes.value = call.purposes;
      this.lines.value = [];
      this.cards.clear();
      this.callState.value = "consented";
    });
    const line = new Line(call, equipment.outgoingSound(), equipment.camera.value, {
      onMessage: (message) => this.receive(message),
      onRemoteTrack: (track, stream) => this.takeRemote(track, stream),
      onUnsteady: (unsteady) => (this.unsteady.value = unsteady),
      onLost: () => this.phase.value === "call" && this.endCall("connection_failed"),
    });
    this.line = line;
    window.agentCall = { peerConnection: line.peerConnection };
    await line.connect();
    if (this.phase.value !== "connecting") return;
    batch(() => {
      this.startedAt.value = Date.now();
      this.phase.value = "call";
    });
    await this.equipmentChanged();
  }

  /** Opens a call, waiting in line for it if need be; the phase is "connecting" when this is done. */
  private async openInTurn(noticeVersion: string): Promise<OpenedCall> {
    const leaving = new AbortController();
    const open = (place?: string) =>
      openCall(this.choice, noticeVersion, this.locale, { place, customer: this.customer, signal: leaving.signal });
    const wait = (place: Place) => {
      this.giveUpWaiting = () => {
        giveUpPlace(place.token);
        leaving.abort();
      };
      batch(() => {
        this.position.value = place.position;
        this.phase.value = "waiting";
      });
    };
    try {
      const call = await openInTurn(open, wait, leaving.signal);
      if (this.phase.value === "waiting") this.phase.value = "connecting";
      return call;
    } finally {
      this.giveUpWaiting = () => {};
      this.position.value = null;
    }
  }

  private receive(message: ToPage): void {
    switch (message.type) {
      case "welcome":
        this.purposes.value = message.analysis;
        this.hearsOnly.value = sameLanguage(message.hears ?? "en", this.locale) ? null : (message.hears ?? "en");
        void this.equipmentChanged();
        break;
      case "caption":
        this.lines.value = withCaption(this.lines.value, message);
        if (message.final) this.expectAnswer(message.speaker === "customer");
        break;
      case "card":
        this.cards.show(message.card);
        break;
      case "hide_card":
        this.cards.hide(message.id);
        break;
      case "speaking":
        this.agentSpeaking.value = message.active;
        if (message.active) this.expectAnswer(false);
        break;
      case "say":
        void this.pageVoice.say(message);
        break;
      case "speech":
        this.pageVoice.obey(message);
        break;
      case "send_less":
        void this.sendLess({ fps: message.fps, widthPx: message.width_px });
        break;
      case "state":
        if (message.state === "ended") this.endCall(message.reason ?? "agent_finished");
        else this.callState.value = message.state;
        break;
    }
  }

  private async sendLess(picture: PictureLimits): Promise<void> {
    // The camera first: what it does not take up need not be scaled down again.
    await this.equipment.limitPicture(picture);
    await this.line?.limitPicture(picture);
  }

  private takeRemote(track: MediaStreamTrack, stream: MediaStream): void {
    if (track.kind === "audio") {
      this.agentAudio.value = stream;
      this.agentLoudness.value = new Loudness(this.equipment.audio(), stream);
    } else {
      track.onunmute = () => (this.staffVideo.value = stream);
      track.onmute = () => (this.staffVideo.value = null);
    }
  }

  /** Puts the devices held now on the line, and tells the agent which of them are on. */
  private async equipmentChanged(): Promise<void> {
    const { line, equipment } = this;
    if (!line) return;
    await line.replaceCamera(equipment.camera.value);
    await line.replaceMicrophone(equipment.outgoingSound());
    line.send({ type: "devices", camera: equipment.cameraOn.value, microphone: equipment.microphoneOn.value });
  }

  private expectAnswer(expected: boolean): void {
    clearTimeout(this.thinking);
    this.awaitingAnswer.value = expected;
    if (expected) this.thinking = setTimeout(() => (this.awaitingAnswer.value = false), THINKING_MS);
  }

  private dropLine(): void {
    this.pageVoice.silence();
    this.line?.hangUp();
    this.line = null;
    delete window.agentCall;
    this.giveBackCall();
    this.agentLoudness.value?.close();
    this.expectAnswer(false);
    batch(() => {
      this.agentLoudness.value = null;
      this.agentAudio.value = null;
      this.staffVideo.value = null;
      this.agentSpeaking.value = false;
      this.unvoicedLanguage.value = null;
      this.hearsOnly.value = null;
      this.unsteady.value = false;
    });
  }
}

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong. Please try again.";
}
