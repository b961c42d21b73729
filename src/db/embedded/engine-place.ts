import { createHash } from "node:crypto";
import { mkdir, realpath, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import type { DatabaseLogger } from "../client.ts";
import { canEnter } from "./reach.ts";
import type { EngineAccount } from "./run-program.ts";

/** Where the engine's data are and who runs it. */
export interface EnginePlace {
  /** Absolute; holds the cluster in `postgres/`. DATA_DIR itself, or the folder kept in its stead. */
  readonly dataDir: string;
  /** 16 hex digits that stand for DATA_DIR. */
  readonly id: string;
  /** The account of the engine's processes; undefined: the service's own. */
  readonly account: EngineAccount | undefined;
}

/** For what an unprivileged account must reach when it can't reach the folders it was given. */
export const SYSTEM_FOLDER = "/var/lib/lookalike";

// `nobody` nearly everywhere; no such user needs to exist.
const UNPRIVILEGED: EngineAccount = { uid: 65534, gid: 65534 };

/**
 * Decides who runs the engine and where its data are; makes the folder.
 *
 * An ordinary user's engine runs as that user in DATA_DIR. Root's runs as the owner of the data, at first uid 65534;
 * where that account can't reach DATA_DIR, the data are kept under {@link SYSTEM_FOLDER}, and stay there.
 *
 * @throws AppError `database_unavailable` when existing data belong to somebody who can't be used or reach them.
 */
export async function chooseEnginePlace(requestedDataDir: string, logger: DatabaseLogger): Promise<EnginePlace> {
  await mkdir(requestedDataDir, { recursive: true });
  const dataDir = await realpath(requestedDataDir);
  const id = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  const owner = await clusterOwner(dataDir);
  const self = process.getuid?.() ?? 0;
  if (self !== 0) {
    if (owner !== undefined && owner.uid !== self) throw wrongOwner(dataDir, `uid ${self}`, owner);
    return { dataDir, id, account: undefined };
  }
  const moved = join(SYSTEM_FOLDER, id);
  const movedOwner = await clusterOwner(moved);
  if (movedOwner === undefined) {
    const account = owner ?? UNPRIVILEGED;
    if (account.uid === 0) throw wrongOwner(dataDir, "an ordinary user", account);
    if (await canEnter(dataDir, account)) return { dataDir, id, account };
    if (owner !== undefined) {
      throw new AppError(
        "database_unavailable",
        `Expected uid ${owner.uid}, which owns ${join(dataDir, "postgres")}, to be able to enter ${dataDir} but it is refused: ` +
          "PostgreSQL can't run as root, so give that folder and those above it the mode o+x",
      );
    }
  }
  const account = movedOwner ?? UNPRIVILEGED;
  if (account.uid === 0) throw wrongOwner(moved, "an ordinary user", account);
  await mkdir(moved, { recursive: true, mode: 0o755 });
  await writeFile(join(moved, "kept-for"), `${dataDir}\n`);
  if (!(await canEnter(moved, account))) {
    throw new AppError(
      "database_unavailable",
      `Expected uid ${account.uid} to be able to enter ${dataDir} or ${moved} but both are refused: PostgreSQL can't run as ` +
        "root, so start the service as an ordinary user or set DATABASE_URL",
    );
  }
  logger.warn(
    { dataDir, keptIn: moved, uid: account.uid },
    `PostgreSQL can't run as root, and uid ${account.uid} can't enter ${dataDir}: the database is kept in ${moved}`,
  );
  return { dataDir: moved, id, account };
}

async function clusterOwner(dataDir: string): Promise<EngineAccount | undefined> {
  const found = await stat(join(dataDir, "postgres")).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return found === undefined ? undefined : { uid: found.uid, gid: found.gid };
}

function wrongOwner(dataDir: string, expected: string, owner: EngineAccount): AppError {
  return new AppError(
    "database_unavailable",
    `Expected ${join(dataDir, "postgres")} to belong to ${expected} but received uid ${owner.uid}: start the service as that ` +
      "user, or give the folder to another with chown -R",
  );
}
