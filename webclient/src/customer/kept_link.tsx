// The way to what is kept and for how long; in a tab of its own, so that nobody loses their place by reading.
import { ExternalIcon } from "../ui/icons";
import { words } from "./words";

export function KeptLink({ customer }: { customer: string | undefined }) {
  const address = `/privacy${location.search}`;
  const open = (event: Event) => {
    if (!customer) return;
    // Not in the link itself, which can be copied and sent to others.
    event.preventDefault();
    window.open(`${address}#customer=${customer}`, "_blank", "noopener");
  };
  return (
    <p class="small">
      <a class="kept-link" href={address} target="_blank" rel="noopener" onClick={open}>
        {words.notice.keptLink}
        <ExternalIcon />
      </a>
    </p>
  );
}
