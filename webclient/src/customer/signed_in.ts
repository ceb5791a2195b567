// Who is signed in: the business's site leads here with a token behind the address, which no server gets to see in it.
import { takeFromFragment } from "../ui/fragment";

/** The token in the address, which is taken out of it. */
export function takeCustomer(): string | undefined {
  return takeFromFragment("customer");
}
