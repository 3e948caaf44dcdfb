/** Pictures of a camera. */

export interface Camera {
  /** A JPEG of what it sees, as large as it gives it. */
  take(): Promise<Blob>;
  close(): void;
}

/**
 * Asks for the camera, and shows what it sees.
 * @throws Error whose message is for the person at the page.
 */
export async function openCamera(video: HTMLVideoElement): Promise<Camera> {
  if (!navigator.mediaDevices)
    throw new Error('Browsers lend the camera to pages of this machine, or by HTTPS, only.');
  const stream = await navigator.mediaDevices
    .getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1920 } }, audio: false })
    .catch((error: DOMException) => {
      throw new Error(reasons[error.name] ?? `The camera cannot be used: ${error.message}`);
    });
  video.srcObject = stream;
  await video.play();
  return {
    async take() {
      const canvas = document.createElement('canvas');
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext('2d')?.drawImage(video, 0, 0);
      const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.95));
      if (!picture) throw new Error('The camera gave no picture.');
      return picture;
    },
    close() {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}

const reasons: Readonly<Record<string, string>> = {
  NotAllowedError: 'The camera may not be used: allow it in the settings of the browser for this page.',
  NotFoundError: 'There is no camera.',
  NotReadableError: 'Another program uses the camera.',
};
