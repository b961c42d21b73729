import type { Family } from "./attack.ts";
import { copiesOfFamily, type Evaluation } from "./evaluation.ts";
import { bitsOf, comparisons, FAR, type HashMeasure, share, type Tally } from "./measures.ts";
import { linear, logarithmic, type Scale } from "./plot-scale.ts";
import { RULE_NAMES } from "./rules.ts";

const WIDTH = 900;
const HEIGHT = 380;
const TOP = 64;
const BOTTOM = 320;
const LEFT_PANEL = { start: 64, end: 420 };
const RIGHT_PANEL = { zero: 520, start: 560, end: 870 };
/** Largest threshold shown, as a share of the hash's bits. */
const MOST_SHARE = 0.3;
const [LEAST_RATE, MOST_RATE] = [1e-6, 1e-1];

const CURVES: readonly { measure: HashMeasure; label: string; colour: string; dashed: boolean }[] = [
  { measure: "pdq", label: "PDQ", colour: "#0060b0", dashed: false },
  { measure: "blockhash", label: "blockhash", colour: "#d05000", dashed: false },
  { measure: "neural", label: "neural", colour: "#008060", dashed: false },
  { measure: "pHash", label: "pHash (peer)", colour: "#707070", dashed: true },
  { measure: "dHash", label: "dHash (peer)", colour: "#a08000", dashed: true },
];
const MARKS = { fast: "none", robust: "#000" } as const;

/** A family's curves as SVG: recall by threshold, and by the share of different photos that match at that threshold. */
export function familyPlot(evaluation: Evaluation, family: Family): string {
  const copies = copiesOfFamily(evaluation, family);
  const { pairs } = evaluation.judgement;
  const y = linear(0, 1, BOTTOM, TOP);
  const byThreshold = linear(0, MOST_SHARE, LEFT_PANEL.start, LEFT_PANEL.end);
  const byRate = logarithmic(LEAST_RATE, MOST_RATE, RIGHT_PANEL.start, RIGHT_PANEL.end, RIGHT_PANEL.zero);
  const curves = CURVES.filter(({ measure }) => comparisons(copies, measure) > 0);
  const lines = curves.flatMap(({ measure, colour, dashed }) => {
    const thresholds = Array.from({ length: Math.min(FAR, bitsOf(measure) * MOST_SHARE + 1) }, (_, bits) => bits);
    const recalls = thresholds.map((bits) => y(share(copies, measure, bits) ?? 0));
    const left = thresholds.map((bits, i) => [byThreshold(bits / bitsOf(measure)), recalls[i]!] as const);
    const right = thresholds.map((bits, i) => [byRate(share(pairs, measure, bits) ?? 0), recalls[i]!] as const);
    const highest = right.filter(([x], i) => x !== right[i + 1]?.[0]);
    return [polyline(left, colour, dashed), polyline(highest, colour, dashed), dot(highest[0]!, colour)];
  });
  const marks = RULE_NAMES.map((rule) => {
    const at = byRate(share(pairs, rule, 0) ?? 0);
    const size = rule === "fast" ? 6 : 3;
    return `<circle cx="${at.toFixed(1)}" cy="${y(share(copies, rule, 0) ?? 0).toFixed(1)}" r="${size}" fill="${MARKS[rule]}" stroke="#000"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...axes(y, byThreshold, byRate),
    ...lines,
    ...marks,
    legend(family, copies, curves),
    "</svg>",
    "",
  ].join("\n");
}

function polyline(points: readonly (readonly [number, number])[], colour: string, dashed: boolean): string {
  const shown = points
    .map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`)
    .filter((point, i, all) => point !== all[i - 1]);
  const dashes = dashed ? ' stroke-dasharray="5 3"' : "";
  return `<polyline points="${shown.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.8"${dashes}/>`;
}

function dot([x, y]: readonly [number, number], colour: string): string {
  return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2.5" fill="${colour}"/>`;
}

function axes(y: Scale, byThreshold: Scale, byRate: Scale): string[] {
  const shares = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3];
  const rates = [0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1];
  const across = [0, 0.25, 0.5, 0.75, 1].flatMap((recall) =>
    [
      [LEFT_PANEL.start, LEFT_PANEL.end],
      [RIGHT_PANEL.zero, RIGHT_PANEL.end],
    ].map(
      ([start = 0, end = 0]) =>
        `<path d="M${start} ${y(recall)}H${end}" stroke="#ddd"/>${text(start - 6, y(recall) + 4, `${recall * 100} %`, "end")}`,
    ),
  );
  const down = (x: number, label: string) =>
    `<path d="M${x.toFixed(1)} ${TOP}V${BOTTOM}" stroke="#eee"/>${text(x, BOTTOM + 18, label, "middle")}`;
  return [
    ...across,
    ...shares.map((part) => down(byThreshold(part), `${Math.round(part * 100)} %`)),
    ...rates.map((rate) => down(byRate(rate), rate === 0 ? "none" : rate.toExponential(0))),
    text((LEFT_PANEL.start + LEFT_PANEL.end) / 2, BOTTOM + 42, "threshold, share of the hash's bits", "middle"),
    text((RIGHT_PANEL.zero + RIGHT_PANEL.end) / 2, BOTTOM + 42, "share of different photos that match", "middle"),
  ];
}

function legend(family: Family, copies: Tally, curves: typeof CURVES): string {
  const entries = curves.map(({ label, colour, dashed }, i) => {
    const x = 64 + i * 118;
    return `${polyline(
      [
        [x, 44],
        [x + 24, 44],
      ],
      colour,
      dashed,
    )}${text(x + 30, 48, label, "start")}`;
  });
  const rules = RULE_NAMES.map((rule, i) => {
    const x = 680 + i * 90;
    return `<circle cx="${x}" cy="44" r="${rule === "fast" ? 6 : 3}" fill="${MARKS[rule]}" stroke="#000"/>${text(x + 12, 48, rule, "start")}`;
  });
  const title = `${family}: recall over ${comparisons(copies, "pdq").toLocaleString("en")} copies`;
  return [`<g font-size="15">${text(64, 24, title, "start")}</g>`, ...entries, ...rules].join("\n");
}

function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#222">${words}</text>`;
}
