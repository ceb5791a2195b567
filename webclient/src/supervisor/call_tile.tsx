// One call on the wall: how it stands, how it goes, what it wants; its picture while that is asked for.
import { memo } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import { nameOf } from "../staff/names";
import { elapsed, shortId, whoInWords, words as shared } from "../staff/words";
import type { Alert, CallSummary } from "../wire/messages";
import type { Desk } from "./desk";
import { AlertIcon, TrendIcon } from "./icons";
import { type TrailPoint, trailPath } from "./trails";
import { useNow } from "./use_now";
import { words } from "./words";

const TRAIL_WIDTH = 120;
const TRAIL_HEIGHT = 28;

interface CallTileProps {
  call: CallSummary;
  alerts: readonly Alert[];
  desk: Desk;
  pictured: boolean;
  trail: readonly TrailPoint[];
}

export const CallTile = memo(Tile, (before, after) =>
  before.call === after.call && before.pictured === after.pictured && before.alerts.length + after.alerts.length === 0,
);

function Tile({ call, alerts, desk, pictured, trail }: CallTileProps) {
  const current = desk.watchedId.value === call.call_id;
  const open = alerts.find((alert) => alert.acknowledged_by === null) ?? alerts[0];
  const emotion = call.purposes.includes("expression");
  return (
    <li class={`tile ${open ? (open.urgent ? "grave" : "warns") : ""}`}>
      <button
        type="button"
        class="call-row"
        data-call-id={call.call_id}
        aria-current={current ? "true" : undefined}
        onClick={() => desk.watch(call.call_id)}
      >
        {pictured && <SmallPicture callId={call.call_id} desk={desk} />}
        <span class="call-row-top">
          <strong>{shortId(call.call_id)}</strong>
          <Age call={call} />
        </span>
        <span class="tile-state">
          {call.ended_because === null ? nameOf("state", call.state) : nameOf("ending", call.ended_because)}
          {call.last_intent && <span class="muted"> · {nameOf("intent", call.last_intent)}</span>}
        </span>
        {emotion ? <Feeling call={call} trail={trail} /> : <span class="muted small">{words.wall.notAnalysed}</span>}
        {alerts.map((alert) => (
          <span key={alert.id} class={`tile-alert ${alert.acknowledged_by === null ? "" : "seen-to"}`}>
            <AlertIcon /> {nameOf("alert", alert.kind)}
            {alert.acknowledged_by !== null && <span class="muted"> · {whoInWords(alert.acknowledged_by)}</span>}
          </span>
        ))}
        {call.degraded && <span class="tile-note small muted">{words.wall.degraded}</span>}
      </button>
    </li>
  );
}

function Age({ call }: { call: CallSummary }) {
  const nowS = useNow(1000) / 1000;
  return <span class="muted">{elapsed(nowS - call.started_at)}</span>;
}

function Feeling({ call, trail }: { call: CallSummary; trail: readonly TrailPoint[] }) {
  const nowS = useNow(5000) / 1000;
  return (
    <span class="feeling">
      <span class="small">
        <TrendIcon trend={call.trend} /> {call.affect !== "unknown" && <span class="for-screen-readers">{words.wall.affect} </span>}
        {feelingInWords(call)}
      </span>
      <svg class="trail" viewBox={`0 0 ${TRAIL_WIDTH} ${TRAIL_HEIGHT}`} aria-hidden="true" preserveAspectRatio="none">
        <path class="middle" d={`M0 ${TRAIL_HEIGHT / 2}H${TRAIL_WIDTH}`} />
        <path d={trailPath(trail, nowS, TRAIL_WIDTH, TRAIL_HEIGHT)} />
      </svg>
    </span>
  );
}

/** "sadness, falling"; what is not known is not made up. */
export function feelingInWords({ affect, trend }: Pick<CallSummary, "affect" | "trend">): string {
  if (affect === "unknown") return words.wall.affectUnknown;
  const feeling = nameOf("emotion", affect);
  return trend === "rising" || trend === "falling" ? `${feeling}${shared.comma}${nameOf("trend", trend)}` : feeling;
}

function SmallPicture({ callId, desk }: { callId: string; desk: Desk }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(
    () =>
      desk.glimpses.follow(callId, (picture) => {
        const context = canvas.current?.getContext("2d");
        if (!canvas.current || !context) return;
        if (canvas.current.width !== picture.width) canvas.current.width = picture.width;
        if (canvas.current.height !== picture.height) canvas.current.height = picture.height;
        context.drawImage(picture, 0, 0);
        canvas.current.dataset.drawn = "yes";
      }),
    [callId],
  );
  return <canvas class="glimpse" ref={canvas} width="160" height="120" role="img" aria-label={words.wall.smallPicture} />;
}
