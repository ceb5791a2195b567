// Sends fewer and smaller pictures when the agent asks for them, and as many and as large as at first when it can.
import type { PictureLimits } from "./devices";

/** What is used of an RTCRtpSender. */
export type PictureSender = Pick<RTCRtpSender, "getParameters" | "setParameters" | "track">;

/**
 * Caps what the encoder sends; true if the browser can. A camera that obeyed its own constraints already is not scaled
 * down once more. Browsers without these parameters still follow the camera's constraints.
 */
export async function limitSending(sender: PictureSender, { fps, widthPx }: PictureLimits): Promise<boolean> {
  const width = sender.track?.getSettings().width ?? widthPx;
  if (await set(sender, { maxFramerate: fps, scaleResolutionDownBy: Math.max(1, width / widthPx) })) return true;
  return await set(sender, { maxFramerate: fps });
}

async function set(sender: PictureSender, limits: RTCRtpEncodingParameters): Promise<boolean> {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings ?? []) Object.assign(encoding, limits);
  try {
    await sender.setParameters(parameters);
    return true;
  } catch {
    return false;
  }
}
