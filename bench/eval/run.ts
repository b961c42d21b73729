// How well attacked copies of photos are found, and how often different photos are taken for one. See docs/matching.md:
//   npm ci --prefix bench
//   npm run eval -- [--photos DIR ...] [--sample N] [--attacks a,b] [--cache DIR] [--write]
import { join } from "node:path";
import { computeFeatures } from "./compute-features.ts";
import { evaluationOf } from "./evaluation.ts";
import { type FeatureTable, featureTable, rowOf, setRow } from "./feature-table.ts";
import { featuresVersion } from "./features.ts";
import { judge } from "./judge.ts";
import { lookedAtPairs } from "./looked-at-pairs.ts";
import { readOptions } from "./options.ts";
import { keptRecords, ORIGINAL, type PhotoTask } from "./photo-records.ts";
import { evalPhotos, evenly } from "./photos.ts";
import { report } from "./report.ts";
import { nearPairsToLookAt } from "./report-false.ts";
import { writeReport } from "./write-report.ts";

const options = readOptions(process.argv.slice(2));
const photos = evenly(evalPhotos(options.photos), options.sample);
const cache = join(options.cache, await featuresVersion());
const names = options.attacks.map(({ name }) => name);
const tasks = photos.map(({ path, peers }): PhotoTask => ({ path, attacks: names, peers, cache }));
await computeFeatures(tasks);
console.error("comparing");
const judgement = judge(await readTable(), photos.length, names.length, lookedAtPairs(photos));
const evaluation = evaluationOf(photos, options.attacks, judgement);
console.log(`${report(evaluation)}\n${nearPairsToLookAt(evaluation)}`);
if (options.write) await writeReport(evaluation);

async function readTable(): Promise<FeatureTable> {
  const table = featureTable(photos.length * (names.length + 1));
  for (const [photo, task] of tasks.entries()) {
    const records = await keptRecords(task);
    for (const [i, name] of [ORIGINAL, ...names].entries()) {
      const record = records.get(name);
      if (record === undefined) throw new Error(`Expected ${name} of ${task.path} to be kept`);
      setRow(table, rowOf(photo, names.length, i === 0 ? null : i - 1), record);
    }
  }
  return table;
}
