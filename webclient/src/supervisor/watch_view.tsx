// Everything about the watched call.
import { useEffect, useMemo } from "preact/hooks";
import { nameOf } from "../staff/names";
import { shortId } from "../staff/words";
import { AffectPanel } from "./affect_panel";
import type { Desk } from "./desk";
import { ExpressionPanel } from "./expression_panel";
import { FactsPanel } from "./facts_panel";
import { TELLS_FRAMES } from "./forwarded_picture";
import { Hand } from "./hand";
import { HandPanel } from "./hand_panel";
import { HealthView } from "./health_view";
import { IntentPanel } from "./intent_panel";
import { LatencyPanel } from "./latency_panel";
import { LiveView } from "./live_view";
import { NextReplyPanel } from "./next_reply_panel";
import { PictureView } from "./picture_view";
import { ScenePanel } from "./scene_panel";
import { TimelinePanel } from "./timeline_panel";
import { TranscriptPanel } from "./transcript_panel";
import { useNow } from "./use_now";
import { UtteranceEmotionPanel } from "./utterance_emotion_panel";
import { currentOnly } from "./watched";
import "./watch.css";
import { words } from "./words";

export function WatchView({ desk }: { desk: Desk }) {
  useNow(1000);
  const summary = desk.summary.value;
  const latest = desk.watched.value;
  const callId = latest?.callId ?? "";
  const { view, hand } = useConnections(callId, summary !== undefined && summary.state !== "ended");
  if (!latest) return null;
  const watched = summary ? currentOnly(latest, performance.now()) : latest;
  const agreed = (purpose: string) => summary?.purposes.includes(purpose) ?? true;
  const emotion = agreed("expression");
  return (
    <>
      <header class="watch-header">
        <h2>{words.watch.call(shortId(watched.callId))}</h2>
        <span class="chip">{nameOf("state", summary?.state ?? "ended")}</span>
        {summary?.purposes.includes("recording") && <span class="chip">{words.watch.recorded}</span>}
        <HealthView watched={watched} />
        <button type="button" class="button small" onClick={() => desk.watch(null)}>
          {words.watch.stop}
        </button>
      </header>
      <div class="watch-notices" role="status">
        {!summary && <p class="message">{words.watch.over}</p>}
        {desk.fault.value && <p class="message">{desk.fault.value}</p>}
      </div>
      <div class="watch-grid">
        <div class="column seen">
          <PictureView key={callId} desk={desk} view={view} nowMs={performance.now()} />
          {summary && <HandPanel hand={hand} view={view} />}
          <TimelinePanel desk={desk} analysed={emotion} />
        </div>
        <div class="column words">
          <NextReplyPanel reply={desk.nextReply.value} hand={hand} lang={summary?.locale} />
          <TranscriptPanel watched={watched} lang={summary?.locale} />
          <IntentPanel watched={watched} lang={summary?.locale} />
        </div>
        <div class="column felt">
          <ScenePanel signal={watched.scene} />
          <AffectPanel watched={watched} analysed={emotion} />
          <ExpressionPanel signal={watched.expression} analysed={emotion} />
          <FactsPanel watched={watched} />
          <UtteranceEmotionPanel
            id="voice-emotion"
            title={words.utterance.tone}
            caveat={words.utterance.toneCaveat}
            signal={watched.voice_emotion}
            receivedMs={watched.freshness.voice_emotion?.receivedMs ?? 0}
            nowMs={performance.now()}
            analysed={agreed("voice_emotion")}
          />
          <UtteranceEmotionPanel
            id="text-emotion"
            title={words.utterance.words}
            caveat={words.utterance.wordsCaveat}
            signal={watched.text_emotion}
            receivedMs={watched.freshness.text_emotion?.receivedMs ?? 0}
            nowMs={performance.now()}
            analysed={agreed("text_emotion")}
          />
        </div>
        <LatencyPanel watched={watched} />
      </div>
    </>
  );
}

/** The connections to the watched call, made anew for another one and ended when it is over or left. */
function useConnections(callId: string, live: boolean): { view: LiveView; hand: Hand } {
  const connections = useMemo(() => {
    const view = new LiveView(callId);
    return { view, hand: new Hand(callId, view) };
  }, [callId, live]);
  useEffect(() => {
    if (live && TELLS_FRAMES) connections.view.ensure();
    const leave = () => {
      connections.hand.leave();
      connections.view.close();
    };
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      connections.hand.close();
      connections.view.close();
    };
  }, [connections, live]);
  return connections;
}
