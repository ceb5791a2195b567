// Notes what a page draws on the customer's picture: of each frame the number that is written into it, read back from
// the canvas before anything is drawn over it, the middles of the mesh points in parts of the picture, and whether the
// frame came forwarded.
(() => {
  const BITS = 38;
  const COLUMNS = 40;
  const LEAST_CONTRAST = 60;
  const canvasOf = ({ canvas }) => (canvas.id === "picture" ? canvas : null);
  const { drawImage, rect } = CanvasRenderingContext2D.prototype;
  let frame = null;
  window.drawnFrames = [];

  function numberIn(context, { width }) {
    const block = width / COLUMNS;
    const { data } = context.getImageData(0, 0, width, Math.ceil(2 * block));
    const brightness = (column, row) => {
      let [sum, count] = [0, 0];
      for (let y = Math.ceil((row + 0.3) * block); y < (row + 0.7) * block; y++) {
        for (let x = Math.ceil((column + 0.3) * block); x < (column + 0.7) * block; x++) {
          sum += data[4 * (y * width + x) + 1];
          count++;
        }
      }
      return sum / count;
    };
    let number = 0;
    for (let bit = 0; bit < BITS; bit++) {
      const contrast = brightness(bit, 0) - brightness(bit, 1);
      if (Math.abs(contrast) < LEAST_CONTRAST) return null;
      if (contrast > 0) number += 2 ** bit;
    }
    return number;
  }

  CanvasRenderingContext2D.prototype.drawImage = function (...all) {
    drawImage.apply(this, all);
    const canvas = canvasOf(this);
    if (!canvas) return;
    frame = { number: numberIn(this, canvas), points: [], forwarded: all[0] instanceof VideoFrame, canvas };
    window.drawnFrames.push(frame);
  };
  CanvasRenderingContext2D.prototype.rect = function (x, y, width, height) {
    rect.call(this, x, y, width, height);
    if (canvasOf(this) && frame) frame.points.push([(x + width / 2) / frame.canvas.width, (y + height / 2) / frame.canvas.height]);
  };
  window.takeDrawnFrames = () =>
    window.drawnFrames.splice(0).map(({ number, points, forwarded }) => ({ number, points, forwarded }));
})();
