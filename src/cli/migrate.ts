import { parseArgs } from "node:util";
import { migrateDatabase } from "../db/migrate.ts";
import { findCommandDatabase } from "./open-database.ts";
import { UsageError } from "./usage-error.ts";

export const MIGRATE_HELP = `migrate [--service-role NAME]
    Brings the database up to date, as every start of the service does that may.
    With DATABASE_URL naming the owner of the tables,
    --service-role NAME  gives this role what a service needs to run as it: rows to
                         read and write, of the audit log to read and add, no more
    Exit code: 0 it is up to date, 1 it failed.
`;

/**
 * `lookalike migrate`.
 * @returns the exit code
 * @throws UsageError, ConfigError; AppError database_unavailable
 */
export async function migrate(args: readonly string[]): Promise<number> {
  const serviceRole = parse(args)["service-role"];
  const { connection, config, logger, close } = await findCommandDatabase();
  try {
    const { fingerprintPartitions } = config;
    await migrateDatabase(connection, {
      logger,
      fingerprintPartitions,
      ...(serviceRole !== undefined && { serviceRole }),
    });
  } finally {
    await close();
  }
  const granted = serviceRole === undefined ? "" : `, and ${serviceRole} may serve from it`;
  process.stdout.write(`The database is up to date${granted}\n`);
  return 0;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { "service-role": { type: "string" } }, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
