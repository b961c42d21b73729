import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { WORKER_ENVIRONMENT } from "../../src/worker/worker-command.ts";

const projectFolder = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Loads the model in a process with nothing but this environment, and a home folder of its own.
 * @returns the files that onnxruntime has left there
 */
async function filesLeftAtHome(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const home = await mkdtemp(join(tmpdir(), "lookalike-home-"));
  try {
    const script = `require("onnxruntime-node").InferenceSession.create("models/nsfw-mobilenet-v2.onnx")`;
    const child = spawn(process.execPath, ["-e", script], {
      cwd: projectFolder,
      // Nothing listens at that proxy: whatever it would send stays here.
      env: { ...environment, HOME: home, https_proxy: "http://127.0.0.1:9" },
      stdio: "ignore",
    });
    const exitCode = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(exitCode, 0);
    const entries = await readdir(home, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

// From 1.29 on onnxruntime's packages for Linux and macOS report to mobile.events.data.microsoft.com unless told not to; the
// first thing they do is to write a device id (microsoft/onnxruntime#27379).
describe("onnxruntime's telemetry", () => {
  it("is off in a worker's environment: no device id, no store of events", async () => {
    assert.deepEqual(await filesLeftAtHome(WORKER_ENVIRONMENT), []);
  });

  it("would be on without the setting, which is what the test above relies on", async (t) => {
    if (process.platform === "win32") return t.skip("Windows reports in another way");
    const { ORT_DISABLE_TELEMETRY: _, ...others } = WORKER_ENVIRONMENT;
    assert.ok((await filesLeftAtHome(others)).includes("deviceid"));
  });
});
