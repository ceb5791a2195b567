// Staff's session at the agent: who is signed in, signing in and out. The cookie itself is out of any script's reach.
import { hasShape, isObject } from "./shape";

export interface Who {
  /** Null for who came by the link that `agent serve` prints. */
  name: string | null;
  role: string;
  /** How they signed in: "password", "oidc" or "link". */
  way: string;
  csrf: string;
}

/** Why nobody is signed in, in a word by which pages choose their own. */
export type Refusal =
  | { kind: "nobody"; ways: string[] }
  | { kind: "wrong" }
  | { kind: "code_wanted" }
  | { kind: "wait"; seconds: number }
  | { kind: "unavailable" };

export type Answer = { who: Who } | { refusal: Refusal };

const PATH = "/api/session";

export async function whoAmI(): Promise<Answer> {
  return asked("GET");
}

export async function signIn(name: string, password: string, code: string): Promise<Answer> {
  return asked("POST", { name, password, ...(code && { code }) });
}

export async function signInByLink(link: string): Promise<Answer> {
  return asked("POST", { link });
}

/** Whether it came about; what the session shows has to be fresh, as it changes at intervals. */
export async function signOut(): Promise<boolean> {
  const answer = await whoAmI();
  if ("refusal" in answer) return answer.refusal.kind === "nobody";
  try {
    return (await fetch(PATH, { method: "DELETE", headers: { "X-CSRF-Token": answer.who.csrf } })).ok;
  } catch {
    return false;
  }
}

async function asked(method: "GET" | "POST", wish?: object): Promise<Answer> {
  const body = wish && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) };
  try {
    const response = await fetch(PATH, { method, ...body });
    return answerIn(response.status, await response.json(), response.headers.get("Retry-After"), method);
  } catch {
    return { refusal: { kind: "unavailable" } };
  }
}

/** What the agent says with a status and a JSON body. */
export function answerIn(status: number, body: unknown, retryAfter: string | null, method: "GET" | "POST"): Answer {
  if (!isObject(body)) return { refusal: { kind: "unavailable" } };
  if (status === 200 && hasShape(body, { role: "string", way: "string", csrf: "string" })) return { who: body as unknown as Who };
  if (status === 429) return { refusal: { kind: "wait", seconds: Math.max(1, Number(retryAfter) || 30) } };
  if (status === 401 && body["code_wanted"] === true) return { refusal: { kind: "code_wanted" } };
  if (status === 401 && method === "GET") return { refusal: { kind: "nobody", ways: words(body["ways"]) } };
  // 422: what was typed is longer than anything that could be right.
  if (status === 401 || status === 422) return { refusal: { kind: "wrong" } };
  return { refusal: { kind: "unavailable" } };
}

function words(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((word) => typeof word === "string") : [];
}

/** Where to go after signing in: a page of ours that `search` names, or the supervisors' page. */
export function nextPage(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "";
  return /^\/[a-z]+$/.test(next) ? next : "/supervisor";
}
