// Imported for its effect: it closes every loader but those of the service, so it has to come first.
import "../../src/image/decode-image.ts";
import sharp from "sharp";

sharp.unblock({ operation: ["VipsForeignLoadSvgBuffer"] });

/** An SVG drawing as something to put on a picture; `body` is drawn in a `width` x `height` frame, in pixels. */
export function svgOverlay(width: number, height: number, body: string): Buffer {
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`);
}

/** A line of text centred on (x, y), `size` pixels high. Whatever sans-serif font the machine has. */
export function svgText(text: string, x: number, y: number, size: number, style: string): string {
  const place = `x="${x.toFixed(1)}" y="${(y + size * 0.36).toFixed(1)}" font-size="${size.toFixed(1)}"`;
  return `<text ${place} text-anchor="middle" font-family="DejaVu Sans, sans-serif" font-weight="bold" ${style}>${text}</text>`;
}
