import type { Attack } from "./attack.ts";
import { type Base, open, toPng } from "./base.ts";

const COLOURS = { black: "#000000", white: "#ffffff", red: "#c03028" } as const;

/**
 * Plain bars around the picture. `border-N` adds N % of the width left and right and N % of the height above and below.
 * `letterbox` makes the frame 4/3 as high (4:3 becomes 1:1), `pillarbox` 4/3 as wide (4:3 becomes 16:9), in black.
 */
export const BORDER_ATTACKS: readonly Attack[] = [
  ...[5, 10, 20].flatMap((percent) => [border(percent, "black"), border(percent, "white")]),
  border(10, "red"),
  { name: "letterbox", family: "border", group: "second", apply: (base) => barred(base, 0, 1 / 6, COLOURS.black) },
  { name: "pillarbox", family: "border", group: "second", apply: (base) => barred(base, 1 / 6, 0, COLOURS.black) },
];

function border(percent: number, colour: keyof typeof COLOURS): Attack {
  return {
    name: `border-${percent}-${colour}`,
    family: "border",
    group: "second",
    apply: (base) => barred(base, percent / 100, percent / 100, COLOURS[colour]),
  };
}

/** Adds these parts of the width on both sides and of the height above and below. */
function barred(base: Base, across: number, down: number, background: string): Promise<Buffer> {
  const [left, top] = [Math.round(base.width * across), Math.round(base.height * down)];
  return toPng(open(base).extend({ left, right: left, top, bottom: top, background }));
}
