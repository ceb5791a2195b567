// The time of day, for what must grow older on the screen by itself.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Unix time in milliseconds, renewed every `everyMs`. */
export function useNow(everyMs: number): number {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, now]);
  return now.value;
}
