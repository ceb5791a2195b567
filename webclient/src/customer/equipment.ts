// The customer's camera and microphone through a visit: chosen, held, muted, unplugged and let go.
import { batch, computed, signal } from "@preact/signals";
import {
  cameraConstraints,
  capture,
  type CaptureChoices,
  type DeviceChoice,
  type DeviceChoices,
  type Devices,
  listDevices,
  type PictureLimits,
  USUAL_PICTURE,
} from "./devices";
import { Loudness, silentTrack } from "./loudness";
import { words } from "./words";

export class Equipment {
  readonly devices = signal<Devices>({ cameras: [], microphones: [], speakers: [] });
  readonly choices = signal<DeviceChoices>({ camera: "", microphone: "", speaker: "" });
  /** Why a device could not be had, for the customer to read. */
  readonly problems = signal<string[]>([]);
  /** The browser is asking the customer for permission, or opening devices. */
  readonly asking = signal(false);
  readonly camera = signal<MediaStreamTrack | null>(null);
  readonly microphone = signal<MediaStreamTrack | null>(null);
  readonly loudness = signal<Loudness | null>(null);
  readonly muted = signal(false);
  /** Devices that are held and bring nothing, because the system or another program silenced them. */
  readonly silenced = signal<(keyof CaptureChoices)[]>([]);
  readonly cameraOn = computed(() => this.camera.value !== null && !this.silenced.value.includes("camera"));
  readonly microphoneOn = computed(
    () => this.microphone.value !== null && !this.muted.value && !this.silenced.value.includes("microphone"),
  );

  private picture: PictureLimits = USUAL_PICTURE;
  private audioContext: AudioContext | null = null;
  private silence: MediaStreamTrack | null = null;
  private request = 0;
  /** `groupId` of what went away while in use; a `deviceId` may be "default", which another device then takes on. */
  private readonly gone = new Map<keyof CaptureChoices, string>();

  /** `onChange` is told of a device that went away, came back, fell silent or is heard again, all by itself. */
  constructor(private readonly onChange: () => void) {
    navigator.mediaDevices?.addEventListener?.("devicechange", () => void this.welcomeBack());
  }

  /** One for the whole visit; first asked for when the customer has pressed a button, as browsers demand. */
  audio(): AudioContext {
    this.audioContext ??= new AudioContext();
    return this.audioContext;
  }

  /** What is sent as the customer's voice: the microphone, or silence where there is none. */
  outgoingSound(): MediaStreamTrack {
    this.silence ??= silentTrack(this.audio());
    return this.microphone.value ?? this.silence;
  }

  /** Opens the chosen devices in place of those held now. */
  async acquire(): Promise<void> {
    this.release();
    const request = ++this.request;
    this.asking.value = true;
    const got = await capture(this.choices.value, this.picture);
    if (request !== this.request) {
      got.camera?.stop();
      got.microphone?.stop();
      return;
    }
    batch(() => {
      this.problems.value = got.problems;
      this.hold("camera", got.camera);
      this.hold("microphone", got.microphone);
      this.asking.value = false;
    });
    await this.refresh();
  }

  chooseSpeaker(speaker: string): void {
    this.choices.value = { ...this.choices.value, speaker };
  }

  async choose(device: keyof CaptureChoices, choice: DeviceChoice): Promise<void> {
    this.choices.value = { ...this.choices.value, [device]: choice };
    await this.acquire();
  }

  /** Opens one device again, after it was turned off or went away. */
  async reopen(device: keyof CaptureChoices, id: string = this.choices.value[device] ?? ""): Promise<void> {
    const without: CaptureChoices = { camera: null, microphone: null };
    const request = this.request;
    const got = await capture({ ...without, [device]: id }, this.picture);
    if (request !== this.request) {
      got[device]?.stop();
      return;
    }
    this.problems.value = got.problems;
    this.hold(device, got[device]);
  }

  /** Turns the camera really off, its light included. */
  stopCamera(): void {
    stop(this.camera.value);
    this.hold("camera", null);
  }

  toggleMute(): void {
    this.muted.value = !this.muted.value;
    if (this.microphone.value) this.microphone.value.enabled = !this.muted.value;
  }

  /** Takes smaller or fewer pictures from now on; a camera that cannot is left as it is. */
  async limitPicture(picture: PictureLimits): Promise<void> {
    this.picture = picture;
    await this.camera.value?.applyConstraints(cameraConstraints(picture)).catch(() => {});
  }

  /** Lets go of both devices, and of any that are still being opened. */
  release(): void {
    this.request++;
    stop(this.camera.value);
    stop(this.microphone.value);
    batch(() => {
      this.asking.value = false;
      this.muted.value = false;
      this.hold("camera", null);
      this.hold("microphone", null);
    });
  }

  private hold(device: keyof CaptureChoices, track: MediaStreamTrack | null): void {
    this.gone.delete(device);
    this[device].value = track;
    this.heed(device, track?.muted ?? false);
    if (track) {
      track.onended = () => this.lost(device, track.getSettings().groupId);
      track.onmute = track.onunmute = () => {
        this.heed(device, track.muted);
        this.onChange();
      };
    }
    if (device === "microphone") {
      if (track) track.enabled = !this.muted.value;
      this.loudness.value?.close();
      this.loudness.value = track && new Loudness(this.audio(), new MediaStream([track]));
    }
  }

  private heed(device: keyof CaptureChoices, silenced: boolean): void {
    const others = this.silenced.value.filter((other) => other !== device);
    this.silenced.value = silenced ? [...others, device] : others;
  }

  private lost(device: keyof CaptureChoices, group: string | undefined): void {
    this.hold(device, null);
    if (group) this.gone.set(device, group);
    this.problems.value = [words.devices.unplugged[device]];
    this.onChange();
  }

  /** Opens again what went away and is back. Another device in its place is not opened unasked. */
  private async welcomeBack(): Promise<void> {
    await this.refresh();
    const { cameras, microphones } = this.devices.value;
    for (const [device, group] of [...this.gone]) {
      const back = (device === "camera" ? cameras : microphones).find(({ groupId }) => groupId === group);
      if (!back) continue;
      await this.reopen(device, back.deviceId);
      this.onChange();
    }
  }

  private async refresh(): Promise<void> {
    this.devices.value = await listDevices();
  }
}

/** Ends a track without that being taken for a device that was unplugged or silenced. */
function stop(track: MediaStreamTrack | null): void {
  if (!track) return;
  track.onended = track.onmute = track.onunmute = null;
  track.stop();
}
