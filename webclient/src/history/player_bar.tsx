// The controls of a replay: play and pause, where it stands, and how fast it goes.
import { PauseIcon, PlayIcon } from "../ui/icons";
import { type Player, SPEEDS } from "./player";
import { clock, words } from "./words";

export function PlayerBar({ player }: { player: Player }) {
  const playing = player.playing.value;
  const at = player.at.value;
  return (
    <div class="player-bar">
      <button id="play" type="button" class="button primary" onClick={() => player.toggle()}>
        {playing ? <PauseIcon /> : <PlayIcon />}
        {playing ? words.player.pause : words.player.play}
      </button>
      <input
        id="seek"
        type="range"
        aria-label={words.player.place}
        aria-valuetext={words.player.at(clock(at), clock(player.lengthS))}
        min={0}
        max={Math.max(0.1, player.lengthS)}
        step={0.1}
        value={at}
        onInput={(event) => player.seek(Number(event.currentTarget.value))}
      />
      <span class="number player-time">
        {clock(at)} / {clock(player.lengthS)}
      </span>
      <label class="speed" for="speed">
        <span class="for-screen-readers">{words.player.speed}</span>
        <select id="speed" value={String(player.speed.value)} onChange={(event) => (player.speed.value = Number(event.currentTarget.value))}>
          {SPEEDS.map((speed) => (
            <option key={speed} value={String(speed)}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      <p class="muted small keys">{words.player.keys}</p>
    </div>
  );
}
