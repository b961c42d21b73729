import type { Attack } from "./attack.ts";
import { type Base, open, toPixels, toPng } from "./base.ts";

/**
 * Turned by a few degrees clockwise: `rotate-N` on a larger canvas with black corners, `rotate-N-cropped` to the largest
 * upright rectangle without corners.
 */
export const ROTATE_ATTACKS: readonly Attack[] = [1, 2, 4, 5].flatMap((degrees): Attack[] => [
  {
    name: `rotate-${degrees}`,
    family: "rotate",
    group: "second",
    apply: (base) => toPng(open(base).rotate(degrees, { background: "#000" })),
  },
  {
    name: `rotate-${degrees}-cropped`,
    family: "rotate",
    group: "second",
    apply: (base) => turnedAndCropped(base, degrees),
  },
]);

async function turnedAndCropped(base: Base, degrees: number): Promise<Buffer> {
  const turned = await toPixels(open(base).rotate(degrees, { background: "#000" }));
  const inside = insideOf(base, (degrees * Math.PI) / 180);
  const left = Math.round((turned.width - inside.width) / 2);
  const top = Math.round((turned.height - inside.height) / 2);
  return await toPng(open(turned).extract({ left, top, ...inside }));
}

/** Sides in pixels of the largest upright rectangle inside a turned one. */
function insideOf({ width, height }: Base, radians: number): { width: number; height: number } {
  const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
  const [long, short] = width >= height ? [width, height] : [height, width];
  if (short <= 2 * sine * cosine * long) {
    const half = short / 2;
    const sides = { along: half / sine, across: half / cosine };
    return width >= height
      ? { width: Math.floor(sides.along), height: Math.floor(sides.across) }
      : { width: Math.floor(sides.across), height: Math.floor(sides.along) };
  }
  const scale = cosine * cosine - sine * sine;
  return {
    width: Math.floor((width * cosine - height * sine) / scale),
    height: Math.floor((height * cosine - width * sine) / scale),
  };
}
