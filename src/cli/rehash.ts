import { parseArgs } from "node:util";
import { type PictureFolder, readPictureFolder } from "../services/picture-folder.ts";
import { type RehashOptions, type RehashReport, rehashEntries } from "../services/rehash-entries.ts";
import { requireList } from "../services/require-list.ts";
import { openService } from "./open-service.ts";
import { progressOf } from "./progress.ts";
import { reportJson, reportText } from "./rehash-report.ts";
import { UsageError } from "./usage-error.ts";

export const REHASH_HELP = `rehash [--pictures DIR] [--list NAME] [--dry-run] [--json]
    Gives list entries whose hashes are of another version those of this one, from
    what is at hand: images checked since, files below DIR (by their SHA-256), and
    the URLs that entries were added by. Lists the entries that stay as they are.
    --list NAME  only entries of this list
    --dry-run    changes nothing
    --json       the report as JSON, on standard output
    Exit code: 0 nothing is left, 2 some entries are, 1 it failed.
`;

/**
 * `lookalike rehash`: the report goes to standard output, progress to standard error.
 * @returns the exit code
 */
export async function rehash(args: readonly string[]): Promise<number> {
  const asked = parse(args);
  const service = await openService();
  try {
    if (asked.list !== undefined) await requireList(service.context, asked.list);
    const options: RehashOptions = {
      listName: asked.list ?? null,
      pictures: asked.pictures === undefined ? null : await readPictures(asked.pictures),
      dryRun: asked["dry-run"],
      onProgress: progressOf(({ done, total }) => `${done} of ${total} entries`),
    };
    const report = await rehashEntries(service.context, options);
    process.stdout.write(asked.json ? reportJson(report, asked["dry-run"]) : reportText(report, asked["dry-run"]));
    return exitCodeOf(report);
  } finally {
    await service.close();
  }
}

function parse(args: readonly string[]) {
  try {
    const options = {
      pictures: { type: "string" },
      list: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    } as const;
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function readPictures(folder: string): Promise<PictureFolder> {
  const told = progressOf((files: number) => `${files} files read`);
  try {
    return await readPictureFolder(folder, told);
  } catch (error) {
    throw new UsageError(`Expected a folder that can be read for --pictures: ${(error as Error).message}`);
  }
}

function exitCodeOf({ left }: RehashReport): number {
  return left.length === 0 ? 0 : 2;
}
