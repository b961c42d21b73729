import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { FAMILIES } from "./attack.ts";
import type { Evaluation } from "./evaluation.ts";
import { familyPlot } from "./plot.ts";
import { report } from "./report.ts";

const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));

/** Writes docs/matching.md and a plot a family beside it. */
export async function writeReport(evaluation: Evaluation): Promise<void> {
  await mkdir(`${DOCS}matching`, { recursive: true });
  await writeFile(`${DOCS}matching.md`, report(evaluation));
  for (const family of FAMILIES) {
    if (!evaluation.attacks.some((attack) => attack.family === family)) continue;
    await writeFile(`${DOCS}matching/${family}.svg`, familyPlot(evaluation, family));
  }
}
