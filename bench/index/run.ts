// The near-duplicate search beside other ways to search, over rows that look like real hashes. See docs/performance.md:
//   [DATABASE_URL=postgresql://...] npm run bench:index -- --rows 1000000 [--kinds uniform,pdq,blockhash] [--json file]
import { writeFile } from "node:fs/promises";
import { openBenchDatabase } from "./bench-database.ts";
import { fillEntries } from "./bulk-load.ts";
import { openCorpus } from "./corpus.ts";
import { goalsOf, type KindResults } from "./goals.ts";
import { measureKind } from "./measure-kind.ts";
import { readOptions } from "./options.ts";
import { MORE_ROWS } from "./product-facts.ts";
import { progress, timed } from "./progress.ts";
import { goalsTable, kindReport } from "./report.ts";

const options = readOptions(process.argv.slice(2));
const corpus = await openCorpus(options.rows);
const bench = await openBenchDatabase();
const results: KindResults[] = [];
try {
  console.log(`# ${options.rows.toLocaleString("en")} rows\n\n${bench.server}\n`);
  await timed(`made ${options.rows} entries`, () => fillEntries(bench.client, options.rows + MORE_ROWS));
  for (const kind of options.kinds) {
    progress(`${kind} rows`);
    const result = await measureKind(bench, corpus, kind, options);
    results.push(result);
    console.log(kindReport(result));
  }
  const goals = goalsOf(results);
  console.log(`## Goals, threshold 31, ${options.rows.toLocaleString("en")} rows\n\n${goalsTable(goals)}`);
  if (options.json !== null) {
    await writeFile(options.json, JSON.stringify({ options, server: bench.server, results, goals }, null, 2));
  }
} finally {
  await corpus.close();
  await bench.close();
}
