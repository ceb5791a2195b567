// Who is signed in, and the way out.
import { nameOf } from "../staff/names";
import { words } from "../staff/words";
import { goOut, who } from "./signed_in";

export function SignedIn() {
  if (!who.value) return null;
  const { name, role } = who.value;
  return (
    <p class="signed-in">
      <span id="who" class="muted small">
        {name === null ? words.byLink : words.signedIn(name, nameOf("role", role))}
      </span>
      <button type="button" id="sign-out" class="button small" onClick={() => void goOut()}>
        {words.signOut}
      </button>
    </p>
  );
}
