// The customer's page.
import "../ui/theme.css";
import "../ui/sheet.css";
import "./customer.css";
import "./cards.css";
import { render } from "preact";
import { App } from "./app";
import { Session } from "./session";

const root = document.getElementById("app");
if (root) {
  const session = new Session();
  void session.loadNotice();
  render(<App session={session} />, root);
}
