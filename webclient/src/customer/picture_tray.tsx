// A picture before it is sent: what it is, who will see it, and for how long.
import { useEffect, useRef } from "preact/hooks";
import { words } from "./words";

interface PictureTrayProps {
  picture: Blob;
  busy: boolean;
  onSend(picture: Blob): void;
  onDrop(): void;
}

export function PictureTray({ picture, busy, onSend, onDrop }: PictureTrayProps) {
  const image = useRef<HTMLImageElement>(null);
  const sending = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const url = URL.createObjectURL(picture);
    if (image.current) image.current.src = url;
    sending.current?.focus();
    return () => URL.revokeObjectURL(url);
  }, [picture]);
  return (
    <section class="tray panel" aria-label={words.chat.pictureReady}>
      <img ref={image} alt="" />
      <div>
        <p class="tray-title">{words.chat.pictureReady}</p>
        <p class="small muted">{words.chat.pictureSeen}</p>
        <div class="actions">
          <button
            type="button"
            id="picture-send"
            class="button primary small"
            ref={sending}
            disabled={busy}
            onClick={() => onSend(picture)}
          >
            {words.chat.pictureSend}
          </button>
          <button type="button" id="picture-drop" class="button small" disabled={busy} onClick={onDrop}>
            {words.chat.pictureDrop}
          </button>
        </div>
      </div>
    </section>
  );
}
