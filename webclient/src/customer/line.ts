// One WebRTC connection to the agent: offered once over WHIP with every slot it will ever need, never renegotiated.
import { decodeToPage } from "../wire/call";
import type { FromPage, ToPage } from "../wire/messages";
import type { PictureLimits } from "./devices";
import { limitSending } from "./sending";
import type { OpenedCall } from "./service";

/** Longest wait for ICE candidates before the offer is sent with those found so far. */
const GATHERING_MS = 3_000;
/** Longest wait for media to flow once the agent has answered. */
const CONNECTING_MS = 20_000;
/** Longest wait for the data channel once the connection is up. */
const OPENING_MS = 5_000;
/** A closed data channel is given this long to be explained by a final state message or a failed connection. */
const CLOSING_MS = 1_000;

export interface LineEvents {
  onMessage(message: ToPage): void;
  onRemoteTrack(track: MediaStreamTrack, stream: MediaStream): void;
  onUnsteady(unsteady: boolean): void;
  /** The connection is gone and will not come back; called once, and not after `hangUp`. */
  onLost(): void;
}

/** The agent or the network refused the connection; the message is for the customer. */
export class LineError extends Error {
  override readonly name = "LineError";
}

export class Line {
  readonly peerConnection: RTCPeerConnection;
  private readonly channel: RTCDataChannel;
  private readonly audio: RTCRtpTransceiver;
  private readonly video: RTCRtpTransceiver;
  private resource: string | null = null;
  private over = false;

  constructor(
    private readonly call: OpenedCall,
    microphone: MediaStreamTrack,
    camera: MediaStreamTrack | null,
    private readonly events: LineEvents,
  ) {
    const pc = new RTCPeerConnection({ iceServers: call.iceServers, bundlePolicy: "max-bundle" });
    this.peerConnection = pc;
    this.audio = pc.addTransceiver(microphone, { direction: "sendrecv" });
    this.video = pc.addTransceiver(camera ?? "video", { direction: "sendrecv" });
    this.channel = pc.createDataChannel("agent", { ordered: true });
    this.channel.onmessage = ({ data }) => this.receive(data);
    this.channel.onclose = () => setTimeout(() => this.lose(), CLOSING_MS);
    pc.ontrack = ({ track }) => events.onRemoteTrack(track, new MediaStream([track]));
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === "failed" || pc.connectionState === "closed") this.lose();
      else events.onUnsteady(pc.connectionState === "disconnected");
    };
  }

  /** Resolves once media flows and messages can be sent. Throws `LineError`. */
  async connect(): Promise<void> {
    const pc = this.peerConnection;
    await pc.setLocalDescription(await pc.createOffer());
    await within(GATHERING_MS, until(pc, "icegatheringstatechange", () => pc.iceGatheringState === "complete"));
    const answer = await this.post(pc.localDescription?.sdp ?? "");
    await pc.setRemoteDescription({ type: "answer", sdp: answer });
    await this.limitPicture(this.call);
    const settled = () => !["new", "connecting"].includes(pc.connectionState);
    const open = () => this.channel.readyState === "open";
    await within(CONNECTING_MS, until(pc, "connectionstatechange", settled));
    if (pc.connectionState === "connected") await within(OPENING_MS, until(this.channel, "open", open));
    if (!open()) {
      throw new LineError("No connection for sound and picture could be made. A firewall may be in the way.");
    }
  }

  send(message: FromPage): boolean {
    if (this.channel.readyState !== "open") return false;
    this.channel.send(JSON.stringify(message));
    return true;
  }

  async replaceMicrophone(track: MediaStreamTrack): Promise<void> {
    await this.audio.sender.replaceTrack(track);
  }

  async replaceCamera(track: MediaStreamTrack | null): Promise<void> {
    await this.video.sender.replaceTrack(track);
  }

  async limitPicture(picture: PictureLimits): Promise<void> {
    await limitSending(this.video.sender, picture);
  }

  /** Ends the call from this side; safe to call while the page is being closed, and more than once. */
  hangUp(): void {
    this.over = true;
    this.send({ type: "leave" });
    if (this.resource) {
      const headers = { Authorization: `Bearer ${this.call.token}` };
      void fetch(this.resource, { method: "DELETE", headers, keepalive: true }).catch(() => {});
      this.resource = null;
    }
    this.peerConnection.close();
  }

  private async post(offer: string): Promise<string> {
    const response = await fetch(this.call.whipUrl, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${this.call.token}` },
      body: offer,
    }).catch(() => {
      throw new LineError("The service stopped answering while the call was set up.");
    });
    if (response.status !== 201) {
      throw new LineError(`The agent could not take the call (${response.status}). Please try again.`);
    }
    this.resource = response.headers.get("Location");
    return await response.text();
  }

  private receive(data: unknown): void {
    const message = typeof data === "string" ? decodeToPage(data) : null;
    if (message?.type === "clock_ping") {
      this.send({ type: "clock_pong", id: message.id, page_ms: performance.timeOrigin + performance.now() });
    } else if (message) {
      this.events.onMessage(message);
    }
  }

  private lose(): void {
    if (this.over) return;
    this.over = true;
    this.events.onLost();
  }
}

/** Resolves when `done` holds, looked at now and after every event of that name. */
function until(target: EventTarget, event: string, done: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!done()) return;
      target.removeEventListener(event, look);
      resolve();
    };
    target.addEventListener(event, look);
    look();
  });
}

/** Resolves with `promise` or after `ms`, whichever comes first. */
function within(ms: number, promise: Promise<void>): Promise<void> {
  return Promise.race([promise, new Promise<void>((resolve) => setTimeout(resolve, ms))]);
}
