import { AGREEMENT_BLOCKHASH, AGREEMENT_PDQ } from "./agreement.ts";
import { FAMILIES } from "./attack.ts";
import type { Evaluation } from "./evaluation.ts";
import { percent, table, whole } from "./markdown.ts";
import { NEURAL_STEP, share } from "./measures.ts";
import { PEERS_EVERY } from "./photos.ts";
import { falseMatchesTable, falseTable, lookedAtTable, nearestTable } from "./report-false.ts";
import { goalsTable } from "./report-goals.ts";
import { aloneTable, looksTable, recallTable } from "./report-recall.ts";
import { RULE_NAMES, SHIPPED_RULES } from "./rules.ts";

/** Copies of an attack count as covered where the rule finds at least this share of them. */
const COVERED = 0.95;

/** docs/matching.md. The same photos, attacks and thresholds give the same text. */
export function report(evaluation: Evaluation): string {
  return `# Matching

What of a picture's copies is found, and how often different pictures are taken for one. Written by \`npm run eval -- --write\`
(after \`npm ci --prefix bench\`), so it is changed there: \`bench/eval\`.

${goalsTable(evaluation)}

Of several attacks the one that is found least counts. For comparison, from other pictures (Thorn's perception, 3,854 images, each hash
of 256 bits at its own best threshold for a precision of 99.99 %), PDQ / pHash / dHash in percent: turned by 4 degrees 54.5 / 59.6 / 1.4,
5 % cut off each edge 9.0 / 7.1 / 0.5, padded by 20 % 1.3 / 2.4 / 0.2, watermark 99.0 / 99.4 / 100.

## What is measured
${setOf(evaluation)}

Every copy goes the way of an upload: its file is decoded, hashed, and asked about in up to 16 looks, whole and trimmed of its
borders in eight symmetries each, against the photo stored whole and trimmed. Recall is the share of copies that find their
own photo. The attacks and their parameters are in \`bench/eval/attacks-*.ts\`:

- \`crop-N\` takes N % off the width and off the height, half at each edge: \`crop-10\` is what others call a crop of 5 % a side.
- \`border-N\` adds N % of each side at both its ends. \`letterbox\` and \`pillarbox\` make the frame a third higher or wider.
- \`rotate-N\` turns by N degrees on a larger canvas with black corners, \`-cropped\` to the largest upright part without any.
- \`caption-above\` adds a white bar with text, a fifth of the height; \`caption-over\` covers the lowest 12 %.
- \`screenshot\` enlarges by 1.37; \`screenshot-phone\` scales to 720 pixels across, between an app's two bars.
- \`chain-2\` and \`chain-3\` are that many of the first group, drawn for each photo. The first group is what happens to a picture
  without anyone hiding it.

| rule | PDQ | or blockhash | or both, PDQ and blockhash | or neural, both hash and vector |
|---|---:|---:|---:|---:|
${rulesOf()}

Thresholds in bits, of 256; of neural vectors in thousandths of 1 - cosine. A list that names none matches by these.

Below, distances by neural are those of the vectors, in steps of ${NEURAL_STEP} thousandths, where the hashes are within their ${SHIPPED_RULES.robust.neural} bits: a hash that
is not found is not compared.

## Recall
In percent, cut off after a decimal. PDQ, blockhash and neural at the shipped thresholds, each as if it were alone; the peers
as published (sharp-phash and dhash-image, 64 bits each; the latter crops to a square and ignores EXIF orientation) at the largest
threshold without a false pair: ${peersOf(evaluation)}.

${recallTable(evaluation)}

Found by less than ${percent(COVERED)} %, so not covered:
${notCovered(evaluation)}

Nor is anything covered that someone makes on purpose to get past: hashes of this kind can be evaded by changes that nobody
sees (Jain and others, arXiv 2106.09820). A picture inside another one, as part of a collage, is not looked for.

## What turning and trimming add
Recall of PDQ and blockhash upright, in eight symmetries, and whole and trimmed; only attacks where that differs.

${looksTable(evaluation)}

## Each alone, without false pairs
Recall by family, each hash at the largest threshold (in bits, in the head) at which no two different photos match; the peers
also at the 10 bits that are customary.

${aloneTable(evaluation)}

## False matches
All pairs of different photos, either of the two asking; and every attacked copy against all photos but its own. Rates are upper
limits of 95 % confidence (Clopper and Pearson; 3 / n where nothing was found), as if the comparisons were independent, which
those of one photo are not, and for photos like these. On other pictures they differ: calibrate lists on your own.

${falseTable(evaluation)}

${falseMatchesTable(evaluation)}

${nearestTable(evaluation)}

## Agreement
What both hashes would match in one look: different photos / share of all attacked copies that neither finds alone. PDQ's
threshold by row, blockhash's by column.

${agreementTable(evaluation)}

## Pairs that were looked at
The nearest different photos, side by side. Those that show the same count neither as found nor as false.

${lookedAtTable(evaluation)}

## Running it
\`\`\`
npm ci --prefix bench
npm run eval -- [--photos DIR ...] [--sample N] [--attacks a,b] [--cache DIR] [--write]
\`\`\`
Without \`--photos\` the shared photos of this project's tests; any folder will do, so an operator can measure their own pictures.
\`--sample\` takes so many, evenly spread. What is computed is kept in \`--cache\` by the versions of fingerprint, attacks and model, so
that other thresholds and rules are judged within a minute or two. The report goes to standard output, with the nearest pairs that nobody
has looked at yet; \`--write\` writes this page and its plots, whatever photos were given.

## Curves
Left, recall by threshold; right, by the share of different photos that match at that threshold. The circles are the rules.

${plotsOf(evaluation)}
`;
}

function setOf({ photos, attacks, judgement }: Evaluation): string {
  const folders = new Map<string, number>();
  for (const { name } of photos) {
    const folder = name.split("/")[0] ?? "";
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  const counts = [...folders].map(([folder, count]) => `${folder} ${count}`).join(", ");
  const left = judgement.insufficient.map((photo) => photos[photo]?.name);
  const searched = photos.length - left.length;
  const out = left.length === 0 ? "" : ` ${left.join(", ")} left out for want of detail: known by exact hashes alone.`;
  const peers = photos.filter((photo) => photo.peers).length;
  return `${whole(photos.length)} photos (${counts}), ${attacks.length} attacks, ${whole(searched * attacks.length)} copies.${out} The peers take as
long as everything else, so they see the copies of every ${PEERS_EVERY}th photo (${peers}), and all pairs.`;
}

function rulesOf(): string {
  const bits = (threshold: number) => (threshold < 0 ? "" : String(threshold));
  return RULE_NAMES.map((name) => {
    const { pdq, blockhash, agreement, neural, neuralVector } = SHIPPED_RULES[name];
    const both = [bits(agreement.pdq), bits(agreement.blockhash)].filter((text) => text !== "").join(", ");
    return `| ${name} | ${bits(pdq)} | ${bits(blockhash)} | ${both} | ${neural < 0 ? "" : `${neural}, ${neuralVector}`} |`;
  }).join("\n");
}

function peersOf({ shipped }: Evaluation): string {
  return `pHash ${shipped.pHash}, dHash ${shipped.dHash}`;
}

function notCovered({ attacks, judgement }: Evaluation): string {
  return RULE_NAMES.map((rule) => {
    const missed = attacks.flatMap(({ name }, i) => {
      const recall = share(judgement.copies[i]!, rule, 0) ?? 0;
      return recall < COVERED ? [`${name} (${percent(recall)})`] : [];
    });
    return `- ${rule}: ${missed.join(", ") || "none"}`;
  }).join("\n");
}

function agreementTable({ attacks, photos, judgement }: Evaluation): string {
  const { pairs, copies } = judgement.agreements;
  const all = (photos.length - judgement.insufficient.length) * attacks.length;
  const rows = AGREEMENT_PDQ.map((pdq, i) => [
    String(pdq),
    ...AGREEMENT_BLOCKHASH.map((_, j) => `${whole(pairs[i]![j]!)} / ${percent(copies[i]![j]! / all)}`),
  ]);
  return table(["", ...AGREEMENT_BLOCKHASH.map(String)], rows);
}

function plotsOf({ attacks }: Evaluation): string {
  return FAMILIES.filter((family) => attacks.some((attack) => attack.family === family))
    .map((family) => `![Recall of ${family}](matching/${family}.svg)`)
    .join("\n\n");
}
