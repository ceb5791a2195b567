// Keeps a scrolling list at its newest line, unless the reader has scrolled away from it.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Nearer to the end than this, the reader is taken to be reading along. */
const NEAR_PX = 80;

/** Scrolls `list` to its end whenever `newest` changes or its size does, as long as the reader is near the end. */
export function useFollowEnd(list: RefObject<HTMLElement | null>, newest: unknown): void {
  const following = useRef(true);
  const heightPx = useRef(0);
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const toEnd = () => {
      if (following.current) element.scrollTop = element.scrollHeight;
    };
    const look = () => {
      // The list has grown or shrunk, which moves it, too: that was not the reader.
      if (element.clientHeight !== heightPx.current) return;
      following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    };
    const resized = new ResizeObserver(() => {
      heightPx.current = element.clientHeight;
      toEnd();
    });
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [list]);
  useEffect(() => {
    if (list.current && following.current) list.current.scrollTop = list.current.scrollHeight;
  }, [list, newest]);
}
