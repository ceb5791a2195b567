// Signs of the supervisors' pages; strokes after lucide (ISC licence).
import type { ComponentChildren } from "preact";

function Sign({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export function AlertIcon() {
  return (
    <Sign>
      <path d="m21.7 18-8-14a2 2 0 0 0-3.4 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.7-3ZM12 9v4M12 17h.01" />
    </Sign>
  );
}

const TRENDS: Record<string, string> = {
  rising: "M7 17 17 7M9 7h8v8",
  falling: "M7 7l10 10M17 9v8H9",
  steady: "M5 12h14M13 6l6 6-6 6",
};

/** Nothing for a trend that is not known. */
export function TrendIcon({ trend }: { trend: string }) {
  const path = TRENDS[trend];
  return path ? (
    <Sign>
      <path d={path} />
    </Sign>
  ) : null;
}

export function SoundIcon({ off }: { off: boolean }) {
  return (
    <Sign>
      <path d="M10.3 21a1.9 1.9 0 0 0 3.4 0M6 8a6 6 0 0 1 12 0c0 7 3 9 3 9H3s3-2 3-9" />
      {off && <path d="M4 4l16 16" />}
    </Sign>
  );
}
