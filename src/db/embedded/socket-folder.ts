import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import type { EnginePlace } from "./engine-place.ts";
import { makeOwnFolder, removeLeftFolders } from "./own-folder.ts";
import { canEnter } from "./reach.ts";

/** Only the name of the socket's file depends on it. */
export const ENGINE_PORT = 5432;

const SOCKET_PREFIX = "socket";
// sun_path has 108 bytes on Linux, 104 elsewhere, one of them a final zero.
const SOCKET_PATH_BYTES_MAX = process.platform === "linux" ? 107 : 103;

/**
 * Makes the folder for the engine's Unix socket, mode 0700: in the data folder, or in the system's temporary folder
 * where that makes the path longer than an address can be. A new one for each start, so that nothing an earlier engine
 * left is in the way, and so that what answers there is the engine of this start.
 *
 * @throws AppError `database_unavailable` when no folder will do.
 */
export async function makeSocketFolder(place: EnginePlace): Promise<string> {
  for (const { parent, prefix } of candidates(place)) {
    const example = join(parent, `${prefix}.${process.pid}.XXXXXX`, `.s.PGSQL.${ENGINE_PORT}`);
    if (Buffer.byteLength(example) <= SOCKET_PATH_BYTES_MAX && (await canEnter(parent, place.account))) {
      return makeOwnFolder(parent, prefix, place.account);
    }
  }
  throw new AppError(
    "database_unavailable",
    `Expected a folder for the engine's socket whose path has at most ${SOCKET_PATH_BYTES_MAX} bytes but neither DATA_DIR ` +
      "nor the temporary folder will do: set TMPDIR to a shorter one",
  );
}

/** Removes the socket folders of services now dead. */
export async function removeLeftSocketFolders(place: EnginePlace): Promise<void> {
  for (const { parent, prefix } of candidates(place)) {
    await removeLeftFolders(parent, prefix).catch(() => undefined);
  }
}

function candidates(place: EnginePlace): { parent: string; prefix: string }[] {
  const prefix = `lookalike-${place.id.slice(0, 8)}`;
  return [
    { parent: place.dataDir, prefix: SOCKET_PREFIX },
    { parent: tmpdir(), prefix },
    { parent: "/tmp", prefix },
  ];
}
