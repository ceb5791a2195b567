// The supervisors' page.
import "../ui/theme.css";
import "uplot/dist/uPlot.min.css";
import "./supervisor.css";
import { render } from "preact";
import { App } from "./app";
import { Desk } from "./desk";

const root = document.getElementById("app");
if (root) {
  const address = new URL("/ws/supervisor", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  render(<App desk={new Desk(address.href)} />, root);
}
