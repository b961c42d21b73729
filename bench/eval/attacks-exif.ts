import type { Attack } from "./attack.ts";
import { type Base, open, toPixels } from "./base.ts";

const QUALITY = 90;

/** Clockwise turn and then perhaps a mirroring that bring the upright picture to what is stored under a tag. */
const STORED_AS = [
  { orientation: 2, degrees: 0, mirrored: true },
  { orientation: 3, degrees: 180, mirrored: false },
  { orientation: 4, degrees: 180, mirrored: true },
  { orientation: 5, degrees: 90, mirrored: true },
  { orientation: 6, degrees: 270, mirrored: false },
  { orientation: 7, degrees: 270, mirrored: true },
  { orientation: 8, degrees: 90, mirrored: false },
] as const;

/** The same upright picture, stored turned or mirrored under an EXIF orientation tag (CIPA DC-008), as JPEG. */
export const EXIF_ATTACKS: readonly Attack[] = STORED_AS.map(({ orientation, degrees, mirrored }) => ({
  name: `exif-${orientation}`,
  family: "exif",
  group: "first",
  apply: (base) => stored(base, orientation, degrees, mirrored),
}));

async function stored(base: Base, orientation: number, degrees: number, mirrored: boolean): Promise<Buffer> {
  const turned = degrees === 0 ? base : await toPixels(open(base).rotate(degrees));
  const picture = mirrored ? open(turned).flop() : open(turned);
  return await picture.withMetadata({ orientation }).jpeg({ quality: QUALITY }).toBuffer();
}
