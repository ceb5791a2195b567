// A form on a card: what is filled in goes to the agent as one line, as if the customer had written it.
import { useSignal } from "@preact/signals";
import type { CardField, CardForm } from "../wire/messages";
import { INPUTS, lineOf } from "./cards";

interface CardFormProps {
  form: CardForm;
  /** Keeps the inputs of two cards apart. */
  cardId: string;
  onAnswer(say: string): void;
}

export function CardFormView({ form, cardId, onAnswer }: CardFormProps) {
  const filled = useSignal<Record<string, string>>({});
  const send = (event: Event) => {
    event.preventDefault();
    onAnswer(lineOf(form, filled.value));
  };
  return (
    <form class="card-form" onSubmit={send}>
      {form.fields.map((field) => (
        <FieldView
          key={field.name}
          field={field}
          id={`field-${cardId}-${field.name}`}
          value={filled.value[field.name] ?? ""}
          onFill={(value) => {
            filled.value = { ...filled.value, [field.name]: value };
          }}
        />
      ))}
      <button type="submit" class="button primary">
        {form.send}
      </button>
    </form>
  );
}

interface FieldProps {
  field: CardField;
  id: string;
  value: string;
  onFill(value: string): void;
}

function FieldView({ field, id, value, onFill }: FieldProps) {
  const hintId = `${id}-hint`;
  return (
    <p class="field">
      <label for={id}>{field.label}</label>
      <input
        id={id}
        class="text-field"
        name={field.name}
        required
        maxLength={200}
        {...INPUTS[field.kind]}
        aria-describedby={field.hint ? hintId : undefined}
        value={value}
        onInput={({ currentTarget }) => onFill(currentTarget.value)}
      />
      {field.hint && (
        <span id={hintId} class="hint muted">
          {field.hint}
        </span>
      )}
    </p>
  );
}
