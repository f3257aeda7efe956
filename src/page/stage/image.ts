/** Paints an image's bytes, 0 to 255, on a canvas of its size, as the network sees it: white ink on black. */
export function paint(canvas: HTMLCanvasElement, pixels: Uint8Array): void {
  const {width, height} = canvas;
  const image = new ImageData(width, height);
  for (let i = 0; i < pixels.length; i++) {
    image.data.fill(pixels[i], 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}
