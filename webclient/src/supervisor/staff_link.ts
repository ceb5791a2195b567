// A supervisor's own connections to a call: one that hears and sees the customer, one that speaks in the agent's place.
import { until, within } from "../ui/until";
import { words } from "./words";

const SDP = "application/sdp";
const GATHERING_MS = 2_000;
const CONNECTING_MS = 10_000;

/** Why something with a call could not be done, for the supervisor. */
export class StaffError extends Error {
  override readonly name = "StaffError";
}

/** Asks the agent for something as the member of staff who is signed in; what is refused is thrown in its words. */
export async function asked(
  path: string,
  method: "GET" | "POST" | "DELETE",
  csrf: string,
  body?: { type: string; text: string },
): Promise<Response> {
  const headers: Record<string, string> = { "X-CSRF-Token": csrf };
  if (body) headers["Content-Type"] = body.type;
  const response = await fetch(path, { method, headers, body: body?.text ?? null, keepalive: method === "DELETE" }).catch(
    () => {
      throw new StaffError(words.hand.noAnswer);
    },
  );
  if (!response.ok) throw new StaffError(await refusal(response));
  return response;
}

async function refusal(response: Response): Promise<string> {
  const said: unknown = await response.json().catch(() => null);
  const detail = typeof said === "object" && said !== null && "detail" in said ? said.detail : null;
  return typeof detail === "string" ? detail : words.hand.refused(response.status);
}

export function stopAll(tracks: readonly MediaStreamTrack[]): void {
  for (const track of tracks) track.stop();
}

/** Who takes a call over has watched it: what was learnt for that need not be asked again while the customer waits. */
const SERVERS_KEPT_MS = 5 * 60_000;
const serversOf = new Map<string, { servers: Promise<RTCIceServer[]>; untilMs: number }>();

function iceServers(callId: string, csrf: string): Promise<RTCIceServer[]> {
  const known = serversOf.get(callId);
  if (known && performance.now() < known.untilMs) return known.servers;
  const servers = asked(`/api/calls/${callId}/ice-servers`, "GET", csrf).then(
    (answer) => answer.json() as Promise<RTCIceServer[]>,
  );
  serversOf.clear();
  serversOf.set(callId, { servers, untilMs: performance.now() + SERVERS_KEPT_MS });
  servers.catch(() => serversOf.delete(callId));
  return servers;
}

async function connectionTo(callId: string, csrf: string): Promise<RTCPeerConnection> {
  return new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: await iceServers(callId, csrf) });
}

/** One WebRTC connection, made by one POST (WHIP or WHEP) and ended by one DELETE. */
export class StaffLink {
  private resource: string | null = null;
  private over = false;

  private constructor(
    private readonly connection: RTCPeerConnection,
    private readonly csrf: string,
    private readonly onOver: () => void,
  ) {
    connection.onconnectionstatechange = () => {
      if (["failed", "closed", "disconnected"].includes(connection.connectionState)) this.close();
    };
  }

  /** Hears and sees the customer. */
  static async watching(callId: string, csrf: string, onOver: () => void): Promise<[StaffLink, MediaStream]> {
    const connection = await connectionTo(callId, csrf);
    const stream = new MediaStream();
    connection.ontrack = ({ track }) => stream.addTrack(track);
    connection.addTransceiver("audio", { direction: "recvonly" });
    connection.addTransceiver("video", { direction: "recvonly" });
    const link = new StaffLink(connection, csrf, onOver);
    await link.offer(`/whep/${callId}`);
    return [link, stream];
  }

  /** Lets the customer hear, and see where there is a camera, these tracks of a person. They are stopped at the end. */
  static async standingIn(callId: string, csrf: string, tracks: MediaStreamTrack[], onOver: () => void): Promise<StaffLink> {
    const connection = await connectionTo(callId, csrf).catch((error: unknown) => {
      stopAll(tracks);
      throw error;
    });
    for (const track of tracks) connection.addTransceiver(track, { direction: "sendonly" });
    const link = new StaffLink(connection, csrf, () => {
      stopAll(tracks);
      onOver();
    });
    await link.offer(`/stand-in/${callId}`);
    return link;
  }

  /** What is to be taken from the browser's RTP time of a frame for that of the customer's side; null until one came. */
  async rtpOffset(): Promise<number | null> {
    const clock: unknown = await (await asked(`${this.resource}/clock`, "GET", this.csrf)).json();
    const offset = typeof clock === "object" && clock !== null && "rtp_offset" in clock ? clock.rtp_offset : null;
    return typeof offset === "number" ? offset : null;
  }

  /** May be called again, and while the page is closed. */
  close(): void {
    if (this.over) return;
    this.over = true;
    if (this.resource) void asked(this.resource, "DELETE", this.csrf).catch(() => {});
    this.connection.close();
    this.onOver();
  }

  private async offer(path: string): Promise<void> {
    const connection = this.connection;
    try {
      await connection.setLocalDescription(await connection.createOffer());
      const gathered = () => connection.iceGatheringState === "complete";
      await within(GATHERING_MS, until(connection, "icegatheringstatechange", gathered));
      const text = connection.localDescription?.sdp ?? "";
      const answer = await asked(path, "POST", this.csrf, { type: SDP, text });
      this.resource = answer.headers.get("Location");
      await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
      const connected = () => connection.connectionState === "connected";
      await within(CONNECTING_MS, until(connection, "connectionstatechange", connected));
      if (!connected()) throw new StaffError(words.hand.noConnection);
    } catch (error) {
      this.close();
      throw error;
    }
  }
}
