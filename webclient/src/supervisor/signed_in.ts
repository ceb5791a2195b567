// Who watches: whoever is not signed in, or no longer, is led to the page where that can be done.
import { signal } from "@preact/signals";
import { takeFromFragment } from "../ui/fragment";
import { inThisLanguage } from "../ui/language";
import { signInByLink, signOut, type Who, whoAmI } from "../wire/staff";

export const who = signal<Who | null>(null);

/** What a request that changes something has to show. */
export function csrf(): string {
  return who.value?.csrf ?? "";
}

/** Often enough that the session's token changes in time, and seldom enough that nobody minds. */
const LOOKS_EVERY_MS = 5 * 60_000;

/** Signs in by the link in the address, if there is one; leaves this page when nobody is signed in. */
export async function enter(): Promise<boolean> {
  const link = takeFromFragment("link");
  const answer = await (link === undefined ? whoAmI() : signInByLink(link));
  if ("who" in answer) {
    who.value = answer.who;
    setInterval(() => void look(), LOOKS_EVERY_MS);
    return true;
  }
  // A link that is not good is no reason to sign out who is in already.
  if (link !== undefined && "who" in (await whoAmI())) return enter();
  leave(link !== undefined);
  return false;
}

/** Leaves this page when nobody is signed in any more; an agent that cannot be reached says nothing about that. */
export async function look(): Promise<void> {
  const answer = await whoAmI();
  if ("who" in answer) who.value = answer.who;
  else if (answer.refusal.kind === "nobody") leave(false);
}

/** Signs out here, and at the identity provider, too, for who came from there. */
export async function goOut(): Promise<void> {
  const elsewhere = who.value?.way === "oidc";
  if (!(await signOut())) return;
  if (elsewhere) location.replace("/api/session/oidc/logout");
  else leave(false);
}

function leave(linkWasBad: boolean): void {
  location.replace(inThisLanguage(`/signin?next=${location.pathname}${linkWasBad ? "&link" : ""}`));
}
