// How the call was, in three short questions of which one is enough.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { AfterCallError, LONGEST_ANSWER, sendSurvey } from "./after_call";
import type { Receipt } from "./service";
import { words } from "./words";

type State = "open" | "sending" | "thanks" | "skipped" | "late";

export function SurveyView({ receipt }: { receipt: Receipt }) {
  const state = useSignal<State>("open");
  const problem = useSignal<string | null>(null);
  const score = useSignal<number | null>(null);
  const resolved = useSignal<boolean | null>(null);
  const text = useSignal("");
  const after = useRef<HTMLParagraphElement>(null);
  const over = state.value !== "open" && state.value !== "sending";
  useEffect(() => {
    if (over) after.current?.focus();
  }, [over]);

  const chooseScore = (chosen: number) => {
    score.value = chosen;
    problem.value = null;
  };
  const send = async (event: Event) => {
    event.preventDefault();
    if (state.value === "sending") return;
    if (score.value === null) {
      problem.value = words.survey.pickScore;
      return;
    }
    state.value = "sending";
    problem.value = null;
    try {
      await sendSurvey(receipt, { score: score.value, resolved: resolved.value, text: text.value });
      state.value = "thanks";
    } catch (error) {
      const late = error instanceof AfterCallError && (error.kind === "late" || error.kind === "nothing");
      state.value = late ? "late" : "open";
      problem.value = error instanceof Error ? error.message : words.survey.failed;
    }
  };

  return (
    <section id="survey" class="care" aria-labelledby="survey-title" data-state={state.value}>
      <h2 id="survey-title">{words.survey.title}</h2>
      {over ? (
        <p ref={after} tabIndex={-1} role="status">
          {state.value === "thanks" ? words.survey.thanks : state.value === "late" ? words.survey.tooLate : words.survey.skipped}
        </p>
      ) : (
        <form class="stack" onSubmit={send} noValidate>
          <p class="small muted">{words.survey.optional}</p>
          <ScoreField value={score.value} onChoose={chooseScore} />
          <ResolvedField value={resolved.value} onChoose={(value) => (resolved.value = value)} />
          <label class="field" for="survey-words">
            {words.survey.words}
            <textarea
              id="survey-words"
              class="text-field"
              rows={3}
              maxLength={LONGEST_ANSWER}
              aria-describedby="survey-hint"
              value={text.value}
              onInput={({ currentTarget }) => (text.value = currentTarget.value)}
            />
            <span id="survey-hint" class="hint muted">
              {words.survey.wordsHint}
            </span>
          </label>
          {problem.value && (
            <p class="message" role="alert">
              {problem.value}
            </p>
          )}
          <div class="row">
            <button type="submit" id="send-survey" class="button primary">
              {state.value === "sending" ? words.survey.sending : words.survey.send}
            </button>
            <button type="button" id="skip-survey" class="button" onClick={() => (state.value = "skipped")}>
              {words.survey.skip}
            </button>
          </div>
        </form>
      )}
    </section>
  );
}

function ScoreField({ value, onChoose }: { value: number | null; onChoose(value: number): void }) {
  return (
    <fieldset class="choice-field">
      <legend>{words.survey.score}</legend>
      <div class="scores">
        {words.survey.scores.map((name, index) => (
          <label key={name} class="score">
            <input
              type="radio"
              name="score"
              value={index + 1}
              checked={value === index + 1}
              aria-label={`${index + 1}: ${name}`}
              onChange={() => onChoose(index + 1)}
            />
            <span class="figure" aria-hidden="true">
              {words.number(index + 1)}
            </span>
          </label>
        ))}
      </div>
      <p class="ends small muted" aria-hidden="true">
        <span>{words.survey.scores[0]}</span>
        <span>{words.survey.scores.at(-1)}</span>
      </p>
    </fieldset>
  );
}

function ResolvedField({ value, onChoose }: { value: boolean | null; onChoose(value: boolean): void }) {
  return (
    <fieldset class="choice-field">
      <legend>{words.survey.resolved}</legend>
      <div class="row">
        {[true, false].map((resolved) => (
          <label key={String(resolved)} class="score wide">
            <input type="radio" name="resolved" checked={value === resolved} onChange={() => onChoose(resolved)} />
            <span>{resolved ? words.survey.yes : words.survey.no}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
