// One call at a time in one browser: two tabs would share a microphone, and two agents talk to each other.

const NAME = "agent-call";

/** Takes this browser's one call; resolves with what gives it back, or with null while another tab has it. */
export function takeCall(locks: LockManager | undefined = navigator.locks): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    const held = (lock: Lock | null) => (lock ? new Promise<void>((giveBack) => resolve(giveBack)) : resolve(null));
    // A browser without locks, or one that refuses them to this page, is trusted with as many calls as it likes.
    if (!locks) resolve(() => {});
    else locks.request(NAME, { ifAvailable: true }, held).catch(() => resolve(() => {}));
  });
}

/** As `takeCall`, for a page that was just loaded again: what it was before may take a moment to let go. */
export async function takeCallAgain(): Promise<(() => void) | null> {
  for (let attempt = 1; ; attempt++) {
    const giveBack = await takeCall();
    if (giveBack || attempt === 10) return giveBack;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
