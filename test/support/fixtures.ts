import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Where the picture is of which the model is surest that it has this label, such as `Porn` (test/fixtures/model). */
export function fixturePath(label: string): string {
  return fileURLToPath(new URL(`../fixtures/model/${label}.png`, import.meta.url));
}

/** Its bytes. */
export function fixture(label: string): Promise<Buffer> {
  return readFile(fixturePath(label));
}
