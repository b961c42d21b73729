import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/**
 * Makes an empty folder that is removed after the test; any user may enter it unless `mode` says otherwise (mkdtemp's
 * own mode would keep out the user that root's engine runs as).
 */
export async function makeDataFolder(t: TestContext, mode = 0o711): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-test-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(folder, mode);
  return folder;
}
