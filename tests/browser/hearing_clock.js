// Notes when a page begins to hear something after silence, by the wall clock that all pages of a machine share.
window.hearingClock = async () => {
  const LOUD_RMS = 0.003;
  const audio = document.querySelector("#remote-audio");
  while (!audio.srcObject) await new Promise((go) => setTimeout(go, 20));
  const sound = new AudioContext();
  await sound.resume();
  const ear = new AnalyserNode(sound, { fftSize: 512 });
  sound.createMediaStreamSource(audio.srcObject).connect(ear);
  const samples = new Float32Array(ear.fftSize);
  let quietSince = performance.now();
  window.heardAt = null;
  window.quietForMs = () => performance.now() - quietSince;
  setInterval(() => {
    ear.getFloatTimeDomainData(samples);
    const loud = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) > LOUD_RMS;
    if (!loud) return;
    window.heardAt ??= Date.now();
    quietSince = performance.now();
  }, 5);
};
