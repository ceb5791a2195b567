// What the agent and the customer's page say to each other over a call's data channel. Mirrors agent/transport/messages.py.
import { decodeTagged, type Shape } from "./shape";

export type CallState = "offered" | "consented" | "connected" | "speaking" | "held" | "taken_over" | "ended";

export interface Welcome {
  type: "welcome";
  call_id: string;
  protocol: number;
  /** Purposes that are active in this call, as consented. */
  analysis: string[];
  /** The language that the customer is understood in, or `auto` for any. */
  hears?: string;
}

/** Words of either side. A later caption with the same id replaces an earlier one. */
export interface Caption {
  type: "caption";
  id: string;
  speaker: "agent" | "customer" | "staff";
  text: string;
  final: boolean;
  /** Signals that shaped this reply, in plain words. */
  because?: string[];
}

export interface Card {
  type: "card";
  id: string;
  title: string;
  rows?: { label: string; value: string }[];
  text?: string;
  /** `say` is sent back as a chat line when the customer presses the action. */
  actions?: { label: string; say: string }[];
}

export interface CallStateChanged {
  type: "state";
  state: CallState;
  reason?: string | null;
}

export interface AgentSpeaking {
  type: "speaking";
  active: boolean;
}

/** To be spoken by the browser itself, as the agent has no voice for the language; answered by `spoken`. */
export interface PageSay {
  type: "say";
  id: string;
  /** One clause. Its caption comes apart from it. */
  text: string;
  language: string;
  rate: number;
}

/** What is to become of the clause that the browser speaks, within the same message. */
export interface PageSpeech {
  type: "speech";
  id: string;
  action: "pause" | "resume" | "cancel";
}

export interface PageSpoken {
  type: "spoken";
  id: string;
  /** `unavailable` where the browser has no voice for the language, or that voice failed. */
  state: "started" | "reached" | "ended" | "unavailable";
  /** How much of the clause was spoken before the word that now begins. */
  characters: number;
}

export interface ClockPing {
  type: "clock_ping";
  id: number;
}

export interface SendLess {
  type: "send_less";
  fps: number;
  width_px: number;
}

export type ToPage =
  | Welcome
  | Caption
  | Card
  | CallStateChanged
  | AgentSpeaking
  | PageSay
  | PageSpeech
  | ClockPing
  | SendLess;

export type FromPage =
  | { type: "clock_pong"; id: number; page_ms: number }
  | PageSpoken
  | { type: "chat"; text: string }
  | { type: "devices"; camera: boolean; microphone: boolean }
  | { type: "withdraw"; purposes: string[] }
  | { type: "leave" };

const SHAPES: Record<ToPage["type"], Shape> = {
  welcome: { call_id: "string", analysis: "array" },
  caption: { id: "string", speaker: "string", text: "string", final: "boolean" },
  card: { id: "string", title: "string" },
  state: { state: "string" },
  speaking: { active: "boolean" },
  say: { id: "string", text: "string", language: "string", rate: "number" },
  speech: { id: "string", action: "string" },
  clock_ping: { id: "number" },
  send_less: { fps: "number", width_px: "number" },
};

/** The message in `text`, or null for one that this page does not know or cannot use. */
export function decodeToPage(text: string): ToPage | null {
  return decodeTagged(text, "type", SHAPES) as ToPage | null;
}
