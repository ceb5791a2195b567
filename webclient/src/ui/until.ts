// Waiting for what events tell, and no longer than makes sense.

/** Resolves when `done` holds, looked at now and after every event of that name. */
export function until(target: EventTarget, event: string, done: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!done()) return;
      target.removeEventListener(event, look);
      resolve();
    };
    target.addEventListener(event, look);
    look();
  });
}

/** Resolves with `promise` or after `ms`, whichever comes first. */
export function within(ms: number, promise: Promise<void>): Promise<void> {
  return Promise.race([promise, new Promise<void>((resolve) => setTimeout(resolve, ms))]);
}
