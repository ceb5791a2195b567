// Keeps a scrolling list at its newest line, unless the reader has scrolled away from it.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Nearer to the end than this, the reader is taken to be reading along. */
const NEAR_PX = 80;
/** A list that moves this soon after it was touched is moved by the reader; it also moves when its room changes. */
const TOUCH_LASTS_MS = 500;
const TOUCHES = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/** Scrolls `list` to its end whenever `newest` changes or its size does, as long as the reader is near the end. */
export function useFollowEnd(list: RefObject<HTMLElement | null>, newest: unknown): void {
  const following = useRef(true);
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    let touchedMs = -Infinity;
    const touch = () => {
      touchedMs = performance.now();
    };
    const toEnd = () => {
      if (following.current) element.scrollTop = element.scrollHeight;
    };
    const look = () => {
      const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
      const byReader = performance.now() - touchedMs < TOUCH_LASTS_MS;
      if (byReader) touch();
      if (near || byReader) following.current = near;
      else toEnd();
    };
    const resized = new ResizeObserver(toEnd);
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    for (const kind of TOUCHES) element.addEventListener(kind, touch, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
      for (const kind of TOUCHES) element.removeEventListener(kind, touch);
    };
  }, [list]);
  useEffect(() => {
    if (list.current && following.current) list.current.scrollTop = list.current.scrollHeight;
  }, [list, newest]);
}
