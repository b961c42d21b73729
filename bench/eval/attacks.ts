import type { Attack } from "./attack.ts";
import { BLUR_ATTACKS } from "./attacks-blur.ts";
import { BORDER_ATTACKS } from "./attacks-border.ts";
import { CAPTION_ATTACKS } from "./attacks-caption.ts";
import { chainsOf } from "./attacks-chain.ts";
import { CROP_ATTACKS } from "./attacks-crop.ts";
import { ENCODING_ATTACKS } from "./attacks-encoding.ts";
import { EXIF_ATTACKS } from "./attacks-exif.ts";
import { NOISE_ATTACKS } from "./attacks-noise.ts";
import { OVERLAY_ATTACKS } from "./attacks-overlay.ts";
import { RESIZE_ATTACKS } from "./attacks-resize.ts";
import { ROTATE_ATTACKS } from "./attacks-rotate.ts";
import { SCREENSHOT_ATTACKS } from "./attacks-screenshot.ts";
import { SYMMETRY_ATTACKS } from "./attacks-symmetry.ts";
import { TONE_ATTACKS } from "./attacks-tone.ts";

const SINGLE_ATTACKS: readonly Attack[] = [
  ...ENCODING_ATTACKS,
  ...RESIZE_ATTACKS,
  ...BLUR_ATTACKS,
  ...NOISE_ATTACKS,
  ...TONE_ATTACKS,
  ...SYMMETRY_ATTACKS,
  ...EXIF_ATTACKS,
  ...ROTATE_ATTACKS,
  ...CROP_ATTACKS,
  ...BORDER_ATTACKS,
  ...CAPTION_ATTACKS,
  ...OVERLAY_ATTACKS,
  ...SCREENSHOT_ATTACKS,
];

/** Every attack, in the order of the documents. Each works on any picture of 64 pixels a side and more. */
export const ATTACKS: readonly Attack[] = [
  ...SINGLE_ATTACKS,
  ...chainsOf(SINGLE_ATTACKS.filter(({ group }) => group === "first")),
];

/** Raise it with any change that moves the bytes of an attack: what was computed from them is kept by this number. */
export const ATTACKS_VERSION = 1;
