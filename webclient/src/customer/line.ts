// One WebRTC connection to the agent: offered once over WHIP with every slot it will ever need, never renegotiated.
import { until, within } from "../ui/until";
import { decodeToPage } from "../wire/call";
import type { FromPage, ToPage } from "../wire/messages";
import type { PictureLimits } from "./devices";
import { limitSending } from "./sending";
import type { OpenedCall } from "./service";
import { words } from "./words";

/** Longest wait for ICE candidates before the offer is sent with those found so far. */
const GATHERING_MS = 3_000;
/** Longest wait for media to flow once the agent has answered. */
export const CONNECTING_MS = 20_000;
/** An agent that does not answer an offer within this time is not reached. */
const ANSWERING_MS = 15_000;
/** Longest wait for the data channel once the connection is up. */
const OPENING_MS = 5_000;
/** A closed data channel is given this long to be explained by a final state message or a failed connection. */
const CLOSING_MS = 1_000;

export interface LineEvents {
  onMessage(message: ToPage): void;
  onRemoteTrack(track: MediaStreamTrack, stream: MediaStream, receiver: RTCRtpReceiver): void;
  onUnsteady(unsteady: boolean): void;
  /** The connection is gone and will not come back; called once, and not after `hangUp`. */
  onLost(): void;
}

/** The agent or the network refused the connection; the message is for the customer. */
export class LineError extends Error {
  override readonly name = "LineError";

  constructor(
    /** "gone": there is no such call, or no more. */
    readonly kind: "gone" | "refused" | "unreachable" | "no_media",
    message: string,
  ) {
    super(message);
  }
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
    pc.ontrack = ({ track, receiver }) => events.onRemoteTrack(track, new MediaStream([track]), receiver);
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === "failed" || pc.connectionState === "closed") this.lose();
      else events.onUnsteady(pc.connectionState === "disconnected");
    };
  }

  /** Resolves once media flows, which may take `connectingMs`, and messages can be sent. Throws `LineError`. */
  async connect(connectingMs = CONNECTING_MS): Promise<void> {
    const pc = this.peerConnection;
    await pc.setLocalDescription(await pc.createOffer());
    await within(GATHERING_MS, until(pc, "icegatheringstatechange", () => pc.iceGatheringState === "complete"));
    const answer = await this.post(pc.localDescription?.sdp ?? "");
    await pc.setRemoteDescription({ type: "answer", sdp: answer });
    await this.limitPicture(this.call);
    const settled = () => !["new", "connecting"].includes(pc.connectionState);
    const open = () => this.channel.readyState === "open";
    await within(connectingMs, until(pc, "connectionstatechange", settled));
    if (pc.connectionState === "connected") await within(OPENING_MS, until(this.channel, "open", open));
    if (!open()) {
      throw new LineError("no_media", words.line.noMedia);
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

  /** Lets go of this connection, and of nothing else: the call may go on over another. */
  drop(): void {
    this.over = true;
    this.peerConnection.close();
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
    this.drop();
  }

  private async post(offer: string): Promise<string> {
    const response = await fetch(this.call.whipUrl, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${this.call.token}` },
      body: offer,
      signal: AbortSignal.timeout(ANSWERING_MS),
    }).catch(() => {
      throw new LineError("unreachable", words.line.stopped);
    });
    if (response.status !== 201) {
      const kind = response.status === 401 ? "gone" : response.status >= 500 ? "unreachable" : "refused";
      throw new LineError(kind, words.line.notTaken(response.status));
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
