// What the agent is asked about past calls. Answers are told by their tag; anything else is a fault in words.
import { csrf } from "../supervisor/signed_in";
import { isObject } from "../wire/shape";
import type { HistoryAnswer, SearchLine, TracksHead } from "../wire/history";
import { words } from "./words";

const PATH = "/api/history";

/** Something that was asked for and did not come; its message is for people. */
export class AskFailed extends Error {}

type Tag = HistoryAnswer["type"];
type AnswerOf<T extends Tag> = Extract<HistoryAnswer, { type: T }>;
export type Question = Record<string, string | number | null | undefined>;

export async function ask<T extends Tag>(tag: T, path: string, question: Question = {}): Promise<AnswerOf<T>> {
  const body: unknown = await (await fetched(addressOf(path, question))).json();
  if (!isObject(body) || body["type"] !== tag) throw new AskFailed(words.faults.unknownAnswer);
  return body as unknown as AnswerOf<T>;
}

/** The address of a file, or of anything else under the path. */
export function addressOf(path: string, question: Question): string {
  const set = Object.entries(question).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return `${PATH}/${path}${query && `?${query}`}`;
}

export async function label(moment: { call_id: string; at_s: number; kind: string; read: string; right: string }): Promise<void> {
  await fetched(`${PATH}/labels`, posted(moment));
}

/** One part of what can be drawn. */
export async function tracks(callId: string, part: number): Promise<TracksPart> {
  return readTracks(await (await fetched(`${PATH}/calls/${callId}/tracks/${part}`)).arrayBuffer());
}

export interface TracksPart {
  head: TracksHead;
  /** Points of all frames and parts in turn: x, y, x, y … */
  points: Int16Array;
  /** When each frame was taken, and where its points begin. */
  mediaMs: number[];
  begins: number[];
}

const SIZE_BYTES = 4;

/** Throws `AskFailed` for anything that is no part of tracks. */
export function readTracks(buffer: ArrayBuffer): TracksPart {
  if (buffer.byteLength < SIZE_BYTES) throw new AskFailed(words.faults.cannotDraw);
  const size = new DataView(buffer).getUint32(0, true);
  if (SIZE_BYTES + size > buffer.byteLength) throw new AskFailed(words.faults.cannotDraw);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, SIZE_BYTES, size))) as TracksHead;
  const points = new Int16Array(buffer.slice(SIZE_BYTES + size));
  let begin = 0;
  const begins = head.frames.map(({ parts }) => {
    const here = begin;
    for (const part of parts) begin += 2 * part.points;
    return here;
  });
  if (begin > points.length) throw new AskFailed(words.faults.cannotDraw);
  return { head, points, mediaMs: head.frames.map(({ media_ms }) => media_ms), begins };
}

export interface SearchWish {
  words: string;
  from_at?: number;
  until_at?: number;
}

/** Tells each line of a search as it comes. Aborting `signal` ends it here and at the agent. */
export async function search(wish: SearchWish, tell: (line: SearchLine) => void, signal: AbortSignal): Promise<void> {
  const response = await fetched(`${PATH}/search`, { ...posted(wish), signal });
  if (!response.body) return;
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const lines = (rest + read.value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) tell(JSON.parse(line) as SearchLine);
  }
}

function posted(body: object): RequestInit {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf() };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

async function fetched(address: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === "AbortError") throw fault;
    throw new AskFailed(words.faults.unreachable);
  }
  if (response.ok) return response;
  if (response.status === 401) throw new AskFailed(words.faults.signedOut);
  if (response.status === 403) throw new AskFailed(words.faults.forbidden);
  if (response.status === 404) throw new AskFailed(words.faults.gone);
  const told: unknown = await response.json().catch(() => null);
  const detail = isObject(told) && typeof told["detail"] === "string" ? told["detail"] : "";
  throw new AskFailed(detail ? sentence(detail) : words.faults.failed);
}

function sentence(said: string): string {
  return `${said[0]?.toUpperCase() ?? ""}${said.slice(1)}${said.endsWith(".") ? "" : "."}`;
}
