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
