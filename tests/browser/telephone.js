// A microphone that a test speaks through, and a recording of the whole call: the customer on the left channel, what the
// page hears of the agent on the right, both on the clock of one audio context.
(() => {
  const RATE_HZ = 16_000;
  const QUIET_RMS = 0.003;
  const sound = new AudioContext({ sampleRate: RATE_HZ });
  const microphone = sound.createMediaStreamDestination();
  microphone.channelCount = 1;
  const room = new ConstantSourceNode(sound, { offset: 0 });
  room.connect(microphone);
  room.start();
  const channels = new ChannelMergerNode(sound, { numberOfInputs: 2 });
  const tape = sound.createMediaStreamDestination();
  channels.connect(tape);

  const askForReal = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    await sound.resume();
    const voice = audio ? microphone.stream.clone().getTracks() : [];
    const picture = video ? (await askForReal({ video })).getTracks() : [];
    return new MediaStream([...voice, ...picture]);
  };

  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const textOf = (bytes) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };

  const parts = [];
  let recorder;
  let agent;

  window.telephone = {
    /** Begins to record, once the page has the agent's voice. */
    async record() {
      const audio = document.querySelector("#remote-audio");
      while (!audio.srcObject) await new Promise((go) => setTimeout(go, 20));
      agent = sound.createAnalyser();
      agent.fftSize = 2048;
      const heard = sound.createMediaStreamSource(audio.srcObject);
      heard.connect(agent);
      heard.connect(new GainNode(sound, { channelCount: 1, channelCountMode: "explicit" })).connect(channels, 0, 1);
      room.connect(channels, 0, 0);
      recorder = new MediaRecorder(tape.stream, { mimeType: "audio/webm;codecs=pcm" });
      recorder.ondataavailable = ({ data }) => parts.push(data);
      recorder.start();
    },

    /** Whether the agent is heard at this moment. */
    hears() {
      const samples = new Float32Array(agent.fftSize);
      agent.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) > QUIET_RMS;
    },

    /** Says a WAV file, given in base64; resolves at its end. */
    async say(wav) {
      const line = new AudioBufferSourceNode(sound, { buffer: await sound.decodeAudioData(bytesOf(wav).buffer) });
      line.connect(microphone);
      line.connect(channels, 0, 0);
      await new Promise((resolve) => {
        line.onended = resolve;
        line.start();
      });
    },

    /** The recording so far, as WebM with PCM in base64. */
    async stop() {
      await new Promise((resolve) => {
        recorder.onstop = resolve;
        recorder.stop();
      });
      return textOf(new Uint8Array(await new Blob(parts).arrayBuffer()));
    },
  };
})();
