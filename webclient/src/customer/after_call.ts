// What a customer can do once a call is over: say how it was, and have or delete what was kept.
import { signal } from "@preact/signals";
import type { Receipt } from "./service";
import { words } from "./words";

/** Whose data is asked for: all that is kept of who came by a link, or one call by its receipt. */
export type Claim = { kind: "customer"; token: string } | ({ kind: "call" } & Receipt);

export interface SurveyAnswer {
  /** 1 to 5, the best. */
  score: number;
  resolved: boolean | null;
  text: string;
}

/** As many characters as the agent takes. */
export const LONGEST_ANSWER = 1_000;

/** It was refused or failed; the message is for the customer. */
export class AfterCallError extends Error {
  override readonly name = "AfterCallError";

  constructor(
    readonly kind: "late" | "nothing" | "too_many" | "failed",
    message: string,
  ) {
    super(message);
  }
}

/** Throws `AfterCallError`. */
export async function sendSurvey(receipt: Receipt, answer: SurveyAnswer): Promise<void> {
  const response = await ask(`/api/calls/${receipt.callId}/survey`, receipt.token, "POST", answer);
  if (response.ok) return;
  const kind = kindOf(response.status);
  throw new AfterCallError(kind, kind === "late" || kind === "nothing" ? words.survey.tooLate : words.survey.failed);
}

/** Everything that is kept of whom `claim` is about, as a file. Throws `AfterCallError`. */
function fetchOwnData(claim: Claim): Promise<Blob> {
  return ownData(claim, "GET");
}

/** Deletes it all; the signed confirmation, as a file. Throws `AfterCallError`. */
function eraseOwnData(claim: Claim): Promise<Blob> {
  return ownData(claim, "DELETE");
}

async function ownData(claim: Claim, method: "GET" | "DELETE"): Promise<Blob> {
  const path = claim.kind === "customer" ? "/api/me" : `/api/calls/${claim.callId}/data`;
  const response = await ask(path, claim.token, method);
  if (response.ok) return await response.blob();
  const kind = kindOf(response.status);
  const { ownData: said } = words;
  const late = claim.kind === "customer" ? said.noLink : said.tooLate;
  throw new AfterCallError(kind, { late, nothing: said.nothing, too_many: said.tooMany, failed: said.failed }[kind]);
}

function kindOf(status: number): AfterCallError["kind"] {
  if (status === 401 || status === 403) return "late";
  if (status === 404) return "nothing";
  return status === 429 ? "too_many" : "failed";
}

async function ask(path: string, token: string, method: string, body?: object): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
  if (body) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers, cache: "no-store" };
  if (body) init.body = JSON.stringify(body);
  try {
    return await fetch(path, init);
  } catch {
    throw new AfterCallError("failed", words.line.unreachable);
  }
}

/** What a view of own data shows; one of it per view. */
export class OwnData {
  readonly doing = signal<"nothing" | "downloading" | "asking" | "erasing">("nothing");
  readonly downloaded = signal(false);
  readonly problem = signal<string | null>(null);
  /** The signed confirmation, once all is deleted. */
  readonly certificate = signal<Blob | null>(null);
  /** What it is about: all of a customer's, until their link turns out to be used up, then the call alone. */
  readonly claim = signal<Claim | null>(null);
  readonly linkIsOver = signal(false);

  /** `claims` are tried in their order. */
  constructor(
    private readonly claims: Claim[],
    private readonly save: (file: Blob, name: string) => void = saveFile,
  ) {
    this.claim.value = claims[0] ?? null;
  }

  async download(): Promise<void> {
    const file = await this.tryOut("downloading", fetchOwnData);
    if (!file) return;
    this.save(file, "my-data.json");
    this.downloaded.value = true;
  }

  askToErase(): void {
    this.problem.value = null;
    this.doing.value = "asking";
  }

  keep(): void {
    this.doing.value = "nothing";
  }

  async erase(): Promise<void> {
    this.certificate.value = await this.tryOut("erasing", eraseOwnData);
  }

  saveCertificate(): void {
    if (this.certificate.value) this.save(this.certificate.value, "certificate.json");
  }

  /** The file that came; null where none did, and `problem` says why. */
  private async tryOut(doing: "downloading" | "erasing", act: (claim: Claim) => Promise<Blob>): Promise<Blob | null> {
    const claim = this.claim.value;
    if (!claim || this.doing.value === doing) return null;
    this.doing.value = doing;
    this.problem.value = null;
    try {
      return await act(claim);
    } catch (error) {
      if (!(error instanceof AfterCallError)) throw error;
      this.problem.value = error.message;
      if (error.kind === "late") this.nextClaim(claim);
      return null;
    } finally {
      this.doing.value = "nothing";
    }
  }

  /** A link runs out within minutes; what its call's receipt is good for is offered then, and nothing done unasked. */
  private nextClaim(over: Claim): void {
    this.linkIsOver.value = over.kind === "customer";
    this.claim.value = this.claims[this.claims.indexOf(over) + 1] ?? null;
  }
}

/** Has the browser keep a file. */
function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
