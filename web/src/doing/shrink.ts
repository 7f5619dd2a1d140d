/** Makes an image as small as the picture of a person is, before it leaves this device. */
import { LIMITS } from "parley-sdk";

/**
 * The middle of an image, without what came with it, such as where it was taken. What this browser
 * cannot read is given as it is: what it lacks is for the server to say.
 */
export async function shrunk(image: Blob): Promise<Blob> {
  try {
    const bitmap = await createImageBitmap(image);
    const { width, height } = bitmap;
    const from = Math.min(width, height);
    const to = Math.min(from, LIMITS.AVATAR_EDGE);
    const canvas = document.createElement("canvas");
    canvas.width = to;
    canvas.height = to;
    const brush = canvas.getContext("2d");
    if (!brush) return image;
    brush.imageSmoothingQuality = "high";
    brush.drawImage(bitmap, (width - from) / 2, (height - from) / 2, from, from, 0, 0, to, to);
    bitmap.close();
    return await new Promise((resolve) => canvas.toBlob((made) => resolve(made ?? image)));
  } catch {
    return image;
  }
}
