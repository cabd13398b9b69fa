/**
 * Reads the test card's barcode (transcoder/testcard/barcode.py) off a video element. Loaded into pages by tests and benches.
 *
 * `headwaterBarcode(video)` gives Unix milliseconds, or null when the picture holds no readable barcode.
 */
(() => {
  const CELLS = 64;
  const ACROSS = 4; // canvas pixels a cell: the two in the middle are free of the neighbours' smear
  const MIDDLE = 0.925;
  const HEAD = [1, 0, 1, 0];
  const TAIL = [0, 1, 0, 1];
  const LEAST_CONTRAST = 40;

  const canvas = new OffscreenCanvas(CELLS * ACROSS, 1);
  const pencil = canvas.getContext("2d", { willReadFrequently: true });

  function levels(video) {
    const { videoWidth: width, videoHeight: height } = video;
    pencil.drawImage(video, 0, Math.floor(height * MIDDLE), width, 2, 0, 0, canvas.width, 1);
    const { data } = pencil.getImageData(0, 0, canvas.width, 1);
    return Array.from({ length: CELLS }, (_, i) => data[(i * ACROSS + ACROSS / 2) * 4 + 1]);
  }

  function crc8(bytes) {
    return bytes.reduce((sum, byte) => {
      let rest = sum ^ byte;
      for (let i = 0; i < 8; i += 1) {
        rest = rest & 0x80 ? (rest << 1) ^ 0x107 : rest << 1;
      }
      return rest;
    }, 0);
  }

  window.headwaterBarcode = (video) => {
    if (!video.videoWidth) {
      return null;
    }
    const cells = levels(video);
    const guards = [...HEAD.map((bit, i) => [bit, cells[i]]), ...TAIL.map((bit, i) => [bit, cells[CELLS - 4 + i]])];
    const white = Math.min(...guards.filter(([bit]) => bit).map(([, level]) => level));
    const black = Math.max(...guards.filter(([bit]) => !bit).map(([, level]) => level));
    if (white - black < LEAST_CONTRAST) {
      return null;
    }
    const bits = cells.slice(4, -4).map((level) => Number(level > (white + black) / 2));
    const bytes = Array.from({ length: 7 }, (_, i) => Number.parseInt(bits.slice(i * 8, i * 8 + 8).join(""), 2));
    return crc8(bytes.slice(0, 6)) === bytes[6] ? bytes.slice(0, 6).reduce((sum, byte) => sum * 256 + byte, 0) : null;
  };

  /**
   * Follow every shown picture: `window.headwaterSeen` gets `[shown_at_ms, time_in_the_picture_ms, stalls_so_far]`.
   */
  window.headwaterFollow = (video) => {
    window.headwaterSeen = [];
    let stalls = 0;
    video.addEventListener("waiting", () => { stalls += 1; });
    const onFrame = (_, { expectedDisplayTime }) => {
      const inPicture = window.headwaterBarcode(video);
      if (inPicture !== null) {
        window.headwaterSeen.push([performance.timeOrigin + expectedDisplayTime, inPicture, stalls]);
      }
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  };
})();
