// Before the call: see yourself, choose devices, watch the level, hear a sound, start.
import { useSignal } from "@preact/signals";
import { MediaView } from "./media_view";
import { LevelMeter } from "./level_meter";
import type { DeviceChoice } from "./devices";
import type { Equipment } from "./equipment";
import type { Session } from "./session";
import { canChooseSpeaker } from "./speaker";
import { SpeakerTest } from "./speaker_test";
import { words } from "./words";

export function CheckView({ session }: { session: Session }) {
  const { equipment } = session;
  const connecting = session.phase.value === "connecting";
  const problems = [...equipment.problems.value, ...(session.problem.value ? [session.problem.value] : [])];
  return (
    <>
      <h1>{words.check.title}</h1>
      <div class="check">
        <Preview session={session} />
        <div class="stack">
          <DeviceField
            label={words.check.camera}
            id="camera-choice"
            without={words.check.noCamera}
            devices={equipment.devices.value.cameras}
            value={equipment.choices.value.camera}
            disabled={connecting}
            onChoose={(choice) => equipment.choose("camera", choice)}
          />
          <DeviceField
            label={words.check.microphone}
            id="microphone-choice"
            without={words.check.noMicrophone}
            devices={equipment.devices.value.microphones}
            value={equipment.choices.value.microphone}
            disabled={connecting}
            onChoose={(choice) => equipment.choose("microphone", choice)}
          />
          {equipment.microphone.value && <OwnLevel equipment={equipment} />}
          <SpeakerField equipment={equipment} disabled={connecting} />
          <SpeakerTest equipment={equipment} />
        </div>
      </div>
      {problems.map((problem) => (
        <p key={problem} class="message" role="alert">
          {problem}
        </p>
      ))}
      <div class="row">
        <button
          type="button"
          id="start-call"
          class="button primary"
          disabled={connecting || equipment.asking.value}
          onClick={() => session.start()}
        >
          {connecting ? words.check.connecting : startLabel(session)}
        </button>
        {equipment.problems.value.length > 0 && (
          <button type="button" class="button" disabled={connecting} onClick={() => equipment.acquire()}>
            {words.check.tryAgain}
          </button>
        )}
        <button type="button" class="button" onClick={() => session.backToNotice()}>
          {words.check.back}
        </button>
      </div>
      <p class="small muted" role="status">
        {connecting && words.check.settingUp}
        {!connecting && equipment.camera.value && words.check.onlyYou}
      </p>
    </>
  );
}

function Preview({ session }: { session: Session }) {
  const { camera, asking } = session.equipment;
  return (
    <div class="preview">
      {camera.value ? (
        <MediaView track={camera.value} mirrored label={words.check.ownPicture} />
      ) : (
        <p class="muted">{asking.value ? words.check.awaiting : words.check.cameraOff}</p>
      )}
    </div>
  );
}

function OwnLevel({ equipment }: { equipment: Equipment }) {
  const heard = useSignal(false);
  return (
    <div class="field">
      <span>{words.check.level}</span>
      <LevelMeter loudness={equipment.loudness.value} label={words.check.level} onVoice={() => (heard.value = true)} />
      <span id="voice-heard" class="hint muted" role="status">
        {heard.value ? words.check.heard : words.check.sayWord}
      </span>
    </div>
  );
}

/** Only where there is something to choose, and the browser lets it be chosen. */
function SpeakerField({ equipment, disabled }: { equipment: Equipment; disabled: boolean }) {
  const { speakers } = equipment.devices.value;
  if (!canChooseSpeaker() || speakers.length < 2) return null;
  return (
    <DeviceField
      label={words.check.speaker}
      id="speaker-choice"
      devices={speakers}
      value={equipment.choices.value.speaker}
      disabled={disabled}
      onChoose={(choice) => equipment.chooseSpeaker(choice ?? "")}
    />
  );
}

function startLabel(session: Session): string {
  const { camera, microphone, asking } = session.equipment;
  if (asking.value) return words.check.start;
  if (!microphone.value) return words.check.startInWriting;
  return camera.value ? words.check.start : words.check.startWithoutCamera;
}

interface DeviceFieldProps {
  label: string;
  id: string;
  /** What doing without is called; absent where that is no choice. */
  without?: string;
  devices: MediaDeviceInfo[];
  value: DeviceChoice;
  disabled: boolean;
  onChoose(choice: DeviceChoice): void;
}

const WITHOUT = "without";

function DeviceField({ label, id, without, devices, value, disabled, onChoose }: DeviceFieldProps) {
  return (
    <label class="field" for={id}>
      {label}
      <select
        id={id}
        value={value ?? WITHOUT}
        disabled={disabled}
        onChange={({ currentTarget }) => onChoose(currentTarget.value === WITHOUT ? null : currentTarget.value)}
      >
        <option value="">{words.check.usual}</option>
        {devices.map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || words.check.numbered(label, index + 1)}
          </option>
        ))}
        {without && <option value={WITHOUT}>{without}</option>}
      </select>
    </label>
  );
}
