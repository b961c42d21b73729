import sharp from "sharp";
import { createSeededRandom, type SeededRandom } from "./seeded-random.ts";

/** Kinds of pictures that the model tells by what they are made of and not from each other. */
export const CROWDS = {
  "text-page": (random: SeededRandom) => textPage(random, "#fff", "#111"),
  "dark-text-page": (random: SeededRandom) => textPage(random, "#181818", "#e8e8e8"),
  discs,
} as const;
export type Crowd = keyof typeof CROWDS;

/** A picture of a crowd, PNG; the same number gives the same one. */
export async function crowdPicture(crowd: Crowd, number: number): Promise<Buffer> {
  const svg = CROWDS[crowd](createSeededRandom(number * 7919 + 17));
  return await sharp(Buffer.from(svg)).flatten({ background: "#fff" }).png().toBuffer();
}

/** Lines of words of random letters. */
function textPage(random: SeededRandom, ground: string, ink: string): string {
  const size = random.between(14, 26);
  const lines: string[] = [];
  for (let y = 40 + size; y < 780; y += size * 1.5) {
    let line = "";
    while (line.length * size * 0.5 < random.between(380, 520)) line += `${word(random)} `;
    lines.push(`<text x="40" y="${y.toFixed(1)}">${line}</text>`);
  }
  return svgOf(
    ground,
    `<g font-family="sans-serif" font-size="${size.toFixed(1)}" fill="${ink}">${lines.join("")}</g>`,
  );
}

function word(random: SeededRandom): string {
  const length = Math.round(random.between(2, 10));
  return Array.from({ length }, () => String.fromCharCode(97 + Math.floor(random.next() * 26))).join("");
}

/** Overlapping discs in random colours. */
function discs(random: SeededRandom): string {
  const shapes = Array.from({ length: 120 }, () => {
    const [red, green, blue] = [random.between(0, 255), random.between(0, 255), random.between(0, 255)].map(Math.round);
    return `<circle cx="${random.between(0, 600)}" cy="${random.between(0, 800)}" r="${6 + random.next() ** 3 * 160}" fill="rgb(${red},${green},${blue})"/>`;
  });
  return svgOf("#888", shapes.join(""));
}

function svgOf(ground: string, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="800"><rect width="100%" height="100%" fill="${ground}"/>${body}</svg>`;
}
