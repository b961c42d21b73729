#!/usr/bin/env node
import { ConfigError } from "../config-error.ts";
import { AppError } from "../errors.ts";
import { AUDIT_HELP, audit } from "./audit.ts";
import { MIGRATE_HELP, migrate } from "./migrate.ts";
import { REHASH_HELP, rehash } from "./rehash.ts";
import { UsageError } from "./usage-error.ts";

// The command line of an operator, beside the service: `lookalike <command>`.

const HELP = `lookalike <command> [options]

Settings are environment variables, those of the service (docs/configuration.md).

${REHASH_HELP}
${AUDIT_HELP}
${MIGRATE_HELP}
help
    This text.
`;

/** @returns the exit code */
async function run([command, ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case "rehash":
      return await rehash(rest);
    case "audit":
      return await audit(rest);
    case "migrate":
      return await migrate(rest);
    case "help":
    case "--help":
      process.stdout.write(HELP);
      return 0;
    default:
      throw new UsageError(`Expected a command, rehash, audit, migrate or help, but received ${command ?? "nothing"}`);
  }
}

run(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const expected = [UsageError, ConfigError, AppError].some((kind) => error instanceof kind);
    process.stderr.write(`${expected ? (error as Error).message : ((error as Error)?.stack ?? error)}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${HELP}`);
    process.exitCode = 1;
  },
);
