import { parseArgs } from "node:util";
import { ConfigError } from "../config-error.ts";
import { readAuditHead } from "../db/audit-head.ts";
import { withAuditSnapshot } from "../db/audit-snapshot.ts";
import { unavailable } from "../db/client.ts";
import { AppError } from "../errors.ts";
import { type AuditVerdict, verifyAudit } from "../services/verify-audit.ts";
import { anchorLine, readAnchors } from "./audit-anchors.ts";
import { findCommandDatabase } from "./open-database.ts";
import { progressOf } from "./progress.ts";
import { UsageError } from "./usage-error.ts";

export const AUDIT_HELP = `audit verify [--anchor FILE]
    Makes every hash of the audit log anew and says whether it is as it was written.
    --anchor FILE  also compares it with the anchors in FILE, one a line: without,
                   newest rows that were removed cleanly are not missed
    Exit code: 0 it is whole, 1 it is broken, 2 that could not be found out.
audit anchor
    Prints where the log ends now, as one line of JSON, to be kept elsewhere.
    Exit code: 0 it was printed, 2 it was not.
`;

const [WHOLE, BROKEN, UNKNOWN] = [0, 1, 2];

/**
 * `lookalike audit`: the outcome goes to standard output, progress and faults to standard error.
 * @returns the exit code; never throws what an operator can mend, since 1 says that the log is broken
 */
export async function audit(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${AUDIT_HELP}`);
    else if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    else process.stderr.write(`${unavailable(error, "an audit log that can be read").message}\n`);
    return UNKNOWN;
  }
}

async function run([command, ...args]: readonly string[]): Promise<number> {
  if (command === "verify") return await verify(args);
  if (command === "anchor") return await anchor(args);
  throw new UsageError(`Expected verify or anchor for audit but received ${command ?? "nothing"}`);
}

async function verify(args: readonly string[]): Promise<number> {
  const { anchor: file } = parse(args, { anchor: { type: "string" } });
  const anchors = file === undefined ? [] : await readAnchors(file);
  const onProgress = progressOf(({ done, total }: { done: number; total: number }) => `${done} of ${total} rows`);
  const source = await findCommandDatabase();
  try {
    const db = await source.open();
    const verdict = await withAuditSnapshot(db, (snapshot) => verifyAudit(snapshot, { anchors, onProgress }));
    process.stdout.write(describe(verdict, anchors.length));
    return verdict.whole ? WHOLE : BROKEN;
  } finally {
    await source.close();
  }
}

function describe(verdict: AuditVerdict, anchors: number): string {
  if (!verdict.whole) return `Broken at row ${verdict.seq}: ${verdict.fault}: ${verdict.detail}\n`;
  const { rows, head } = verdict;
  const compared = anchors === 0 ? "compared with no anchor" : `compared with ${anchors} anchor(s)`;
  return `Whole: ${rows} rows, the last with the hash ${head.hash}, ${compared}\n`;
}

async function anchor(args: readonly string[]): Promise<number> {
  parse(args, {});
  const source = await findCommandDatabase();
  try {
    const head = await readAuditHead((await source.open()).pool);
    if (head === null)
      throw new AppError("database_unavailable", "Expected a note of where the audit log ends but there is none");
    process.stdout.write(anchorLine(head, new Date()));
    return WHOLE;
  } finally {
    await source.close();
  }
}

function parse<Options extends Record<string, { type: "string" }>>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
