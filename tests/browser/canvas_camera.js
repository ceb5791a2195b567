// A camera that shows a face: what a test puts in place of the one that the page asks for. FACE is a JPEG in base64.
(() => {
  if (!navigator.mediaDevices) return;
  const FPS = 15;
  const picture = new Image();
  picture.src = "data:image/jpeg;base64,FACE";
  const askForReal = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    const sound = audio ? (await askForReal({ audio })).getTracks() : [];
    return new MediaStream([...sound, ...(video ? faceStream().getTracks() : [])]);
  };

  function faceStream() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const drawing = canvas.getContext("2d");
    setInterval(() => drawing.drawImage(picture, 8 * Math.sin(Date.now() / 700), 0), 1000 / FPS);
    return canvas.captureStream(FPS);
  }
})();
