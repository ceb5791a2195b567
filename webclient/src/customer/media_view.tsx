// A picture as it comes from a camera or from staff; never heard, sound has an element of its own.
import { useEffect, useRef } from "preact/hooks";

interface MediaViewProps {
  track: MediaStreamTrack;
  label: string;
  /** Shown as in a mirror. What is sent is not. */
  mirrored?: boolean;
}

export function MediaView({ track, label, mirrored = false }: MediaViewProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = new MediaStream([track]);
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  return <video ref={video} class={mirrored ? "mirrored" : ""} aria-label={label} autoplay muted playsInline />;
}
