/** Full screen and picture in picture, where the browser has them. */

export function toggleFullscreen(box, video) {
  if (document.fullscreenElement) {
    return document.exitFullscreen();
  }
  // iPhones can only make the video element itself large.
  return box.requestFullscreen ? box.requestFullscreen().catch(() => undefined) : video.webkitEnterFullscreen?.();
}

export const hasPicture = (video) => Boolean(document.pictureInPictureEnabled && video.requestPictureInPicture);

/** Browsers refuse it before there is a picture. */
export function togglePicture(video) {
  if (!hasPicture(video)) {
    return undefined;
  }
  const done = document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture();
  return done.catch(() => undefined);
}
