// The first thing a customer sees: what this is, what it may analyse and what is kept of it, and the ways to go on.
import { useSignal } from "@preact/signals";
import { KeptLink } from "./kept_link";
import { lacks, surroundings } from "./lacking";
import type { Notice } from "./service";
import type { Session } from "./session";
import { words } from "./words";

export function NoticeView({ session }: { session: Session }) {
  const notice = session.notice.value;
  const problem = session.problem.value;
  return (
    <>
      {problem && (
        <p class="message grave" role="alert">
          {problem}
        </p>
      )}
      <Lacks />
      {notice && <NoticeText notice={notice} session={session} />}
      {!notice && !problem && <p class="muted">{words.notice.loading}</p>}
      {!notice && problem && (
        <div class="row">
          <button type="button" class="button" onClick={() => session.loadNotice()}>
            {words.notice.tryAgain}
          </button>
        </div>
      )}
    </>
  );
}

/** What this browser lacks, told before anybody reads on for nothing. */
function Lacks() {
  return (
    <>
      {lacks(surroundings()).map(({ grave, text }) => (
        <div key={text} class={`message ${grave ? "grave" : ""}`} role="alert" data-lack={grave ? "call" : "devices"}>
          {grave && <strong>{words.missing.title}</strong>}
          <p>{text}</p>
        </div>
      ))}
    </>
  );
}

function NoticeText({ notice, session }: { notice: Notice; session: Session }) {
  const also = useSignal<string[]>([]);
  const impossible = lacks(surroundings()).some(({ grave }) => grave);
  const choose = (choice: Notice["choices"][number]["choice"]) =>
    choice === "leave" ? session.leave() : session.agree(choice, also.value);
  return (
    <div class="notice" lang={notice.locale}>
      <h1>{notice.title}</h1>
      <div class="prose">
        {notice.text.map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
      </div>
      <More more={notice.more} customer={session.customer} />
      {notice.extras.map(({ purpose, label, detail }) => (
        <label key={purpose} class="extra">
          <input
            type="checkbox"
            id={`also-${purpose}`}
            onChange={({ currentTarget }) => {
              const others = also.value.filter((one) => one !== purpose);
              also.value = currentTarget.checked ? [...others, purpose] : others;
            }}
          />
          <span>
            {label}
            <span class="small muted">{detail}</span>
          </span>
        </label>
      ))}
      <ul class="choices" aria-label={notice.choose}>
        {notice.choices.map(({ choice, label, detail }) => (
          <li key={choice}>
            <button
              type="button"
              id={`choice-${choice.replaceAll("_", "-")}`}
              class="choice"
              disabled={impossible && choice !== "leave"}
              onClick={() => choose(choice)}
            >
              <span class="choice-label">{label}</span>
              {detail && <span class="small muted">{detail}</span>}
            </button>
          </li>
        ))}
      </ul>
      <p class="small muted">{notice.footer}</p>
    </div>
  );
}

/** What is analysed and kept, and for how long: folded away, as few read it and nobody must look for it. */
function More({ more, customer }: { more: Notice["more"]; customer: string | undefined }) {
  return (
    <details class="more" id="notice-more">
      <summary>{more.title}</summary>
      <MoreText more={more} />
      <KeptLink customer={customer} />
    </details>
  );
}

/** The same, laid open. */
export function MoreText({ more }: { more: Notice["more"] }) {
  return (
    <>
      <h2>{more.purposes_title}</h2>
      <ul class="purposes">
        {more.purposes.map(({ purpose, what }) => (
          <li key={purpose}>{what}</li>
        ))}
      </ul>
      <h2>{more.kept_title}</h2>
      <dl class="kept">
        {more.kept.map(({ what, how_long }) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{how_long}</dd>
          </div>
        ))}
      </dl>
      {more.text.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
    </>
  );
}
