// The call in progress as its customer sees, reads and hears it: what the agent's messages and tracks make of it.
import { batch, computed, signal } from "@preact/signals";
import { sameLanguage } from "../ui/language";
import type { CallStateChanged, Caption, Card, FromPage, ToPage } from "../wire/messages";
import { Cards } from "./cards";
import { type Line, withCaption, withPicture, withRecalled, withTyped } from "./conversation";
import type { PictureLimits } from "./devices";
import type { Standing } from "./held_line";
import { Loudness } from "./loudness";
import { Mouth } from "./mouth";
import { PageVoice } from "./page_voice";

/** A second press of the same button within this time is a double click, or impatience. */
const ONE_PRESS_MS = 1_000;
/** After this long without a word the agent is no longer said to be thinking. */
const THINKING_MS = 10_000;
/** What "stop emotion analysis" takes back. */
export const EMOTION_PURPOSES = ["expression", "voice_emotion", "text_emotion"];
/** Keeping picture and sound. */
export const RECORDING = "recording";

export interface LiveCallEvents {
  /** Sends to the agent; false if that cannot be done now. */
  send(message: FromPage): boolean;
  /** One for the whole visit. */
  audio(): AudioContext;
  /** The agent has said what holds for the call from now on. */
  onWelcome(): void;
  onSendLess(picture: PictureLimits): void;
  /** The agent has ended the call. */
  onEnded(reason: string): void;
}

export class LiveCall {
  readonly callState = signal<CallStateChanged["state"]>("consented");
  readonly startedAt = signal(0);
  readonly purposes = signal<string[]>([]);
  /** Whether the customer is being recorded; null before the agent has said so. */
  readonly recorded = signal<boolean | null>(null);
  /** The customer has stopped the recording of this call. */
  readonly recordingStopped = signal(false);
  /** Emotion analysis was asked for during the call, and the agent did not turn it on. */
  readonly emotionRefused = signal(false);
  readonly lines = signal<Line[]>([]);
  readonly cards = new Cards();
  readonly captionsOn = signal(true);
  readonly standing = signal<Standing>("good");
  readonly agentSpeaking = signal(false);
  readonly awaitingAnswer = signal(false);
  readonly agentAudio = signal<MediaStream | null>(null);
  /** The language of a reply that the browser cannot speak either, so that it is only shown. */
  readonly unvoicedLanguage = signal<string | null>(null);
  /** The only language that the agent understands, where that is not the customer's. */
  readonly hearsOnly = signal<string | null>(null);
  readonly agentLoudness = signal<Loudness | null>(null);
  readonly mouth = new Mouth();
  /** Tells how long the agent's sound is kept before it is heard. */
  readonly agentReceiver = signal<RTCRtpReceiver | null>(null);
  /** A person's picture, while one has taken over the call. */
  readonly staffVideo = signal<MediaStream | null>(null);

  readonly agentDoes = computed(() => {
    if (this.agentSpeaking.value) return "speaking";
    return this.awaitingAnswer.value ? "thinking" : "listening";
  });

  private readonly pageVoice = new PageVoice((spoken, say) => {
    this.events.send(spoken);
    this.unvoicedLanguage.value = spoken.state === "unavailable" ? say.language : null;
  });
  private askedForEmotion = false;
  private typedCount = 0;
  private lastAnswer = { text: "", atMs: 0 };
  private thinking: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly locale: string,
    private readonly events: LiveCallEvents,
  ) {}

  /** Forgets the call before, if any; `purposes` is what was agreed to for this one. */
  begin(purposes: string[]): void {
    batch(() => {
      this.purposes.value = purposes;
      this.recorded.value = null;
      this.recordingStopped.value = false;
      for (const { picture } of this.lines.value) if (picture) URL.revokeObjectURL(picture);
      this.lines.value = [];
      this.cards.clear();
      this.callState.value = "consented";
    });
  }

  /** Sends a chat line; false if it is empty or cannot be sent now. */
  say(text: string): boolean {
    const words = text.trim();
    if (!words || !this.events.send({ type: "chat", text: words })) return false;
    this.lines.value = withTyped(this.lines.value, `typed-${++this.typedCount}`, words);
    this.expectAnswer(true);
    return true;
  }

  /** A picture that was sent stands among what was said. */
  showPicture(picture: Blob): void {
    this.lines.value = withPicture(this.lines.value, `picture-${++this.typedCount}`, URL.createObjectURL(picture));
    this.expectAnswer(true);
  }

  /** Sends the line of a card's button or form. */
  answer(text: string): void {
    const { text: lastText, atMs } = this.lastAnswer;
    const nowMs = performance.now();
    if (text === lastText && nowMs - atMs < ONE_PRESS_MS) return;
    if (this.say(text)) this.lastAnswer = { text, atMs: nowMs };
  }

  withdrawEmotion(): void {
    if (!this.events.send({ type: "withdraw", purposes: EMOTION_PURPOSES })) return;
    this.purposes.value = this.purposes.value.filter((purpose) => !EMOTION_PURPOSES.includes(purpose));
  }

  /** Takes the consent to the recording back, which deletes it; false if that cannot be sent now. */
  stopRecording(): boolean {
    if (!this.events.send({ type: "withdraw", purposes: [RECORDING] })) return false;
    batch(() => {
      this.purposes.value = this.purposes.value.filter((purpose) => purpose !== RECORDING);
      this.recordingStopped.value = true;
    });
    return true;
  }

  /** Agrees to the analysis of emotion during the call; a `welcome` tells what came of it. */
  giveEmotion(): void {
    this.askedForEmotion = this.events.send({ type: "agree", purposes: EMOTION_PURPOSES });
  }

  receive(message: ToPage): void {
    switch (message.type) {
      case "welcome":
        this.purposes.value = message.analysis;
        this.recorded.value = message.recorded;
        this.emotionRefused.value = this.askedForEmotion && !message.analysis.some((purpose) => EMOTION_PURPOSES.includes(purpose));
        this.askedForEmotion = false;
        this.hearsOnly.value = sameLanguage(message.hears ?? "en", this.locale) ? null : (message.hears ?? "en");
        this.events.onWelcome();
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
      case "recalled":
        this.recall(message.captions ?? [], message.cards ?? []);
        break;
      case "speaking":
        this.agentSpeaking.value = message.active;
        if (message.active) this.expectAnswer(false);
        break;
      case "mouth":
        this.mouth.take(message, performance.now());
        break;
      case "say":
        void this.pageVoice.say(message);
        break;
      case "speech":
        this.pageVoice.obey(message);
        break;
      case "send_less":
        this.events.onSendLess({ fps: message.fps, widthPx: message.width_px });
        break;
      case "state":
        if (message.state === "ended") this.events.onEnded(message.reason ?? "agent_finished");
        else this.callState.value = message.state;
        break;
    }
  }

  /** The connection is lost: who spoke is not heard any more. */
  breakOff(): void {
    this.pageVoice.silence();
    this.expectAnswer(false);
    batch(() => {
      this.agentSpeaking.value = false;
      this.staffVideo.value = null;
    });
  }

  /** What was said and shown while there was no connection, or before this page was loaded. */
  private recall(captions: readonly Caption[], cards: readonly Card[]): void {
    batch(() => {
      this.lines.value = withRecalled(this.lines.value, captions);
      this.cards.clear();
      for (const card of cards) this.cards.show(card);
    });
  }

  takeRemote(track: MediaStreamTrack, stream: MediaStream, receiver: RTCRtpReceiver): void {
    if (track.kind === "audio") {
      this.agentReceiver.value = receiver;
      this.agentLoudness.value?.close();
      this.agentAudio.value = stream;
      this.agentLoudness.value = new Loudness(this.events.audio(), stream);
    } else {
      track.onunmute = () => (this.staffVideo.value = stream);
      track.onmute = () => (this.staffVideo.value = null);
    }
  }

  /** Nothing is seen or heard of the agent any more; what was said stays to be read. */
  fallSilent(): void {
    this.pageVoice.silence();
    this.agentLoudness.value?.close();
    this.expectAnswer(false);
    batch(() => {
      this.agentLoudness.value = null;
      this.agentReceiver.value = null;
      this.agentAudio.value = null;
      this.staffVideo.value = null;
      this.agentSpeaking.value = false;
      this.unvoicedLanguage.value = null;
      this.hearsOnly.value = null;
      this.standing.value = "good";
    });
  }

  private expectAnswer(expected: boolean): void {
    clearTimeout(this.thinking);
    this.awaitingAnswer.value = expected;
    if (expected) this.thinking = setTimeout(() => (this.awaitingAnswer.value = false), THINKING_MS);
  }
}
