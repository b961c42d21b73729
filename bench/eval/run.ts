// How well attacked copies of photos are found, and how often different photos are taken for one. See docs/matching.md:
//   npm ci --prefix bench
//   npm run eval -- [--photos DIR ...] [--sample N] [--attacks a,b] [--cache DIR] [--write]
import { join } from "node:path";
import { computeFeatures } from "./compute-features.ts";
import { featureTable, setRow } from "./feature-table.ts";
import { featuresVersion } from "./features.ts";
import { judge, rowOf } from "./judge.ts";
import { samePairs } from "./looked-at-pairs.ts";
import { readOptions } from "./options.ts";
import { keptRecords, ORIGINAL, type PhotoTask } from "./photo-records.ts";
import { evalPhotos, evenly } from "./photos.ts";

const options = readOptions(process.argv.slice(2));
const photos = evenly(evalPhotos(options.photos), options.sample);
const cache = join(options.cache, await featuresVersion());
const attacks = options.attacks.map(({ name }) => name);
const tasks = photos.map(({ path, peers }): PhotoTask => ({ path, attacks, peers, cache }));
await computeFeatures(tasks);

const table = featureTable(photos.length * (attacks.length + 1));
for (const [photo, task] of tasks.entries()) {
  const records = await keptRecords(task);
  for (const [i, name] of [ORIGINAL, ...attacks].entries()) {
    setRow(table, rowOf(photo, attacks.length, i === 0 ? null : i - 1), records.get(name)!);
  }
}
console.time("judge");
const judgement = judge(table, photos.length, attacks.length, samePairs(photos));
console.timeEnd("judge");
console.log(judgement.falseMatches.length, judgement.insufficient);
