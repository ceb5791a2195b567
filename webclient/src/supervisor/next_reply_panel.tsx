// What the agent would say next and why; to a person who has the call, a suggestion that can be sent as it stands.
import { AgentSays } from "../staff/agent_says";
import { sentencesOf } from "../staff/sentences";
import { words as shared } from "../staff/words";
import type { NextReply } from "../wire/messages";
import type { Hand } from "./hand";
import { words } from "./words";

interface NextReplyPanelProps {
  reply: NextReply | null;
  hand: Hand;
  /** Of the call, as far as it is known. */
  lang: string | undefined;
}

export function NextReplyPanel({ reply, hand, lang }: NextReplyPanelProps) {
  const holds = hand.holds.value;
  return (
    <section id="next-reply" class="panel block" aria-labelledby="next-reply-title" data-suggested={reply?.suggested ?? false}>
      <header class="block-header">
        <h3 id="next-reply-title">{holds ? words.reply.suggested : words.reply.next}</h3>
        {reply && !reply.suggested && <span class="chip">{words.reply.ifFinished}</span>}
      </header>
      {reply ? (
        <>
          <p class="next-words" lang={lang}>
            {reply.text}
          </p>
          {reply.because.length > 0 && <p class="small muted">
              {words.reply.because}
              <AgentSays sentences={sentencesOf(reply.because, reply.told_because)} between={shared.semicolon} />
            </p>}
          {holds && reply.suggested && (
            <div class="row">
              <button
                type="button"
                id="send-suggestion"
                class="button small"
                disabled={hand.busy.value}
                onClick={() => void hand.write(reply.text)}
              >
                {words.reply.send}
              </button>
            </div>
          )}
        </>
      ) : (
        <p class="small muted">
          {holds ? words.reply.listens : words.reply.none}
        </p>
      )}
    </section>
  );
}
