// Sentences of the agent on a page: in its language, and marked where they are not.
import { Fragment } from "preact";
import type { Sentence } from "../wire/messages";
import { said } from "./sentences";

interface AgentSaysProps {
  sentences: readonly Sentence[];
  between: string;
}

export function AgentSays({ sentences, between }: AgentSaysProps) {
  return (
    <>
      {sentences.map((sentence, place) => (
        <Fragment key={place}>
          {place > 0 && between}
          <span {...markOf(sentence)}>{said(sentence).text}</span>
        </Fragment>
      ))}
    </>
  );
}

function markOf(sentence: Sentence): { lang?: "en" } {
  const { lang } = said(sentence);
  return lang ? { lang } : {};
}
