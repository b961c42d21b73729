import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));

/** Number of the last migration of databases in which a picture has one row of each kind. */
export const BEFORE_LOOKS = 3;

/** Number of the last migration of databases whose audit rows are not chained. */
export const BEFORE_AUDIT_CHAIN = 5;

/** Number of the last migration of databases in which nobody counts the pictures that came with feedback. */
export const BEFORE_FEEDBACK_BOUNDS = 8;

/** Calls `work` with a folder of the project's migrations up to a number and with it, as an earlier version had it. */
export async function withMigrationsUpTo(last: number, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-test-"));
  try {
    await cp(MIGRATIONS, folder, { recursive: true });
    const path = join(folder, "meta", "_journal.json");
    const journal: { entries: { tag: string }[] } = JSON.parse(await readFile(path, "utf8"));
    for (const { tag } of journal.entries.splice(last + 1)) await rm(join(folder, `${tag}.sql`));
    await writeFile(path, JSON.stringify(journal));
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
