// Keeps the call within what a phone's keyboard leaves of the screen, where the browser does not do that by itself.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** With less room than this, only the words and the line to write on are shown. */
const SHORT_PX = 430;

/** Whether there is little room. Sets --room-height of the page as long as the call is shown. */
export function useKeyboardRoom(): boolean {
  const short = useSignal(false);
  useEffect(() => {
    const view = window.visualViewport;
    const { style } = document.documentElement;
    if (!view) return;
    const fit = () => {
      // Zoomed in, one sees a part of the page on purpose.
      if (view.scale > 1.01) return;
      style.setProperty("--room-height", `${view.height}px`);
      short.value = view.height < SHORT_PX;
    };
    fit();
    view.addEventListener("resize", fit);
    return () => {
      view.removeEventListener("resize", fit);
      style.removeProperty("--room-height");
    };
  }, [short]);
  return short.value;
}
