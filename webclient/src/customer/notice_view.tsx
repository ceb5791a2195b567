// The first thing a customer sees: what this is, what it may analyse, and three ways to go on.
import type { Notice } from "./service";
import type { Session } from "./session";

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
      {notice && <NoticeText notice={notice} session={session} />}
      {!notice && !problem && <p class="muted">One moment…</p>}
      {!notice && problem && (
        <div class="row">
          <button type="button" class="button" onClick={() => session.loadNotice()}>
            Try again
          </button>
        </div>
      )}
    </>
  );
}

function NoticeText({ notice, session }: { notice: Notice; session: Session }) {
  const choose = (choice: Notice["choices"][number]["choice"]) =>
    choice === "leave" ? session.leave() : session.agree(choice);
  const choices = notice.choices.some(({ choice }) => choice === "leave")
    ? notice.choices
    : [...notice.choices, { choice: "leave" as const, label: "Leave", detail: "" }];
  return (
    <>
      <h1>{notice.title}</h1>
      <div class="prose">
        {notice.text.map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
      </div>
      <ul class="choices" aria-label="How do you want to go on?">
        {choices.map(({ choice, label, detail }) => (
          <li key={choice}>
            <button type="button" id={`choice-${choice.replaceAll("_", "-")}`} class="choice" onClick={() => choose(choice)}>
              <span class="choice-label">{label}</span>
              {detail && <span class="small muted">{detail}</span>}
            </button>
          </li>
        ))}
      </ul>
      <p class="small muted">Version {notice.version} of this notice. Nothing is seen, heard or analysed before you choose.</p>
    </>
  );
}
