// The customer's page.
import "../ui/theme.css";
import "../ui/sheet.css";
import "./customer.css";
import "./room.css";
import "./presence.css";
import "./cards.css";
import "./care.css";
import "./line.css";
import "./recording.css";
import { render } from "preact";
import { App } from "./app";
import { PrivacyPage } from "./privacy_view";
import { Session } from "./session";
import { words } from "./words";

document.documentElement.lang = words.tag;
document.title = words.page.title;
const root = document.getElementById("app");
if (root && location.pathname === "/privacy") {
  document.title = words.privacy.title;
  render(<PrivacyPage />, root);
} else if (root) {
  const session = new Session();
  void session.begin();
  render(<App session={session} />, root);
}
