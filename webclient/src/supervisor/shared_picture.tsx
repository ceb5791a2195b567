// A picture that the customer sent into the watched call; opens large in a tab of its own.
import "./shared_picture.css";
import { useSignal } from "@preact/signals";
import type { SharedPicture } from "../wire/messages";
import { words } from "./words";

export function SharedPictureView({ picture }: { picture: SharedPicture }) {
  const gone = useSignal(false);
  if (gone.value) return <span class="small muted">{words.transcript.pictureGone}</span>;
  return (
    <a href={picture.url} target="_blank" rel="noopener">
      <img
        class="shared-picture"
        src={picture.url}
        width={picture.width_px}
        height={picture.height_px}
        alt={words.transcript.picture}
        onError={() => {
          gone.value = true;
        }}
      />
    </a>
  );
}
