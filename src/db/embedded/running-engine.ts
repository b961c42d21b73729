import { stat } from "node:fs/promises";
import { AppError } from "../../errors.ts";
import type { DatabaseLogger } from "../client.ts";
import { clusterFolder, ENGINE_DATABASE, ENGINE_USER } from "./cluster.ts";
import { connectToEngine, findOwner } from "./data-dir-owner.ts";
import { chooseEnginePlace } from "./engine-place.ts";
import { readPostmaster } from "./postmaster-file.ts";
import { ENGINE_PORT } from "./socket-folder.ts";

/** The embedded PostgreSQL of a service that runs now. */
export interface RunningEngine {
  /** Of the database `lookalike`, as DATABASE_URL takes it: by the socket that only the service's own user and root reach. */
  readonly url: string;
  /** Such as `lookalike process 71 on host`. */
  readonly owner: string;
}

/**
 * The engine that a service runs on a data folder.
 * @param dataDir DATA_DIR
 * @returns null where none runs: then the data are free for an engine of one's own.
 * @throws AppError `database_unavailable` where there are no data, or they belong to another user
 */
export async function findRunningEngine(dataDir: string, logger: DatabaseLogger): Promise<RunningEngine | null> {
  // Asked first, since a folder that isn't there would be made.
  await requireFolder(dataDir, dataDir);
  const cluster = clusterFolder(await chooseEnginePlace(dataDir, logger));
  await requireFolder(cluster, dataDir);
  const postmaster = await readPostmaster(cluster);
  const session = postmaster && (await connectToEngine(postmaster.socketFolder));
  if (session === undefined) return null;
  const owner = await findOwner(session.client).finally(() => session.client.end());
  if (owner === undefined) return null;
  const socket = { host: postmaster?.socketFolder ?? "", port: String(ENGINE_PORT), sslmode: "disable" };
  return { url: `postgresql://${ENGINE_USER}@localhost/${ENGINE_DATABASE}?${new URLSearchParams(socket)}`, owner };
}

async function requireFolder(folder: string, dataDir: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw new AppError(
    "database_unavailable",
    `Expected the data of a service in ${dataDir} but there are none: set DATA_DIR, or DATABASE_URL, as the service has it`,
  );
}
