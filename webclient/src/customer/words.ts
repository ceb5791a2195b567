// Plain words for what the agent's short names stand for.
import type { CallStateChanged } from "../wire/messages";

const PURPOSES: Record<string, string> = {
  speech: "what you say, to answer it",
  gesture: "hand signs",
  expression: "facial expression and where you look",
  voice_emotion: "the tone of your voice",
  text_emotion: "the mood of your words",
  recording: "recording of picture and sound",
};

/** What a purpose means to the customer. */
export function purposeInWords(purpose: string): string {
  return PURPOSES[purpose] ?? purpose.replaceAll("_", " ");
}

const NEEDS_CAMERA = new Set(["gesture", "expression"]);
const NEEDS_MICROPHONE = new Set(["speech", "voice_emotion"]);

/** Whether a purpose has anything to work on with these devices on. */
export function isFed(purpose: string, camera: boolean, microphone: boolean): boolean {
  return (camera || !NEEDS_CAMERA.has(purpose)) && (microphone || !NEEDS_MICROPHONE.has(purpose));
}

/** The name of a language in English, from a tag such as "pt-BR"; the tag itself where it is no such thing. */
export function languageInWords(tag: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** That the agent understands only `heard`, to a customer whose page is in `locale`; in Chinese, too, to who reads that. */
export function onlyHeard(heard: string, locale: string): string {
  const language = languageInWords(heard);
  const words = `In this call the agent understands ${language} only, not ${languageInWords(locale.split("-")[0] ?? locale)}. Please speak or write ${language}.`;
  return locale.startsWith("zh") && heard === "en" ? `${words} 客服目前只能听懂英语，请用英语说话或打字。` : words;
}

/** What the agent's panel says about the call. */
export function stateInWords(state: CallStateChanged["state"], agentDoes: "speaking" | "thinking" | "listening"): string {
  switch (state) {
    case "offered":
    case "consented":
      return "Connecting…";
    case "held":
      return "On hold. Someone will be with you.";
    case "taken_over":
      return "A member of staff is on the call";
    case "ended":
      return "Call ended";
    default:
      return { speaking: "Speaking", thinking: "Thinking…", listening: "Listening" }[agentDoes];
  }
}

const ENDINGS: Record<string, { title: string; text: string }> = {
  customer_left: { title: "You ended the call", text: "Thank you for calling." },
  agent_finished: { title: "The call has ended", text: "Thank you for calling." },
  connection_failed: {
    title: "The connection was lost",
    text: "Your network or ours broke off. Please check your connection and call again.",
  },
  media_stopped: {
    title: "The connection was lost",
    text: "No sound or picture reached us for a while, so the call was ended.",
  },
  never_connected: {
    title: "The call did not connect",
    text: "No sound or picture reached us. A firewall may be in the way; another network may help.",
  },
  not_consented: { title: "The call was not started", text: "You did not agree to what the call needs." },
  server_stopped: { title: "The service was restarted", text: "This was not your doing. Please call again in a moment." },
  internal_error: { title: "Something went wrong on our side", text: "This was not your doing. Please call again." },
};

/** How and why a call ended, from a name of `agent.core.lifecycle.EndReason`. */
export function endingInWords(reason: string | null): { title: string; text: string } {
  return ENDINGS[reason ?? ""] ?? { title: "The call has ended", text: "Thank you for calling." };
}

/** Minutes and seconds since a call began, as 3:07. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
