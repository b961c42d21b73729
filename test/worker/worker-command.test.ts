import assert from "node:assert/strict";
import { test } from "node:test";
import { WORKER_ENVIRONMENT, workerArguments } from "../../src/worker/worker-command.ts";

const script = new URL("file:///worker.ts");
const options = { modelPath: "/model.onnx", maxImageBytes: 1, reportMemory: false };

function loaderArguments(execArgv: string[]): string[] {
  return workerArguments(script, options, execArgv).slice(0, -3);
}

test("the loader of TypeScript goes along to the worker", () => {
  const loader = ["--require", "a.cjs", "--import", "b.mjs", "--import=c.mjs"];
  assert.deepEqual(loaderArguments(loader), loader);
});

test("a worker that is built needs no loader", () => {
  const built = new URL("file:///worker.js");
  assert.deepEqual(workerArguments(built, options, ["--import", "b.mjs"]).slice(0, -2), ["--expose-gc"]);
});

test("inspector, test runner and heap options stay with the parent", () => {
  assert.deepEqual(loaderArguments(["--inspect=9229", "--test", "--watch", "--max-old-space-size=64"]), []);
});

test("the options are the last argument, as JSON", () => {
  assert.deepEqual(JSON.parse(workerArguments(script, options, []).at(-1) ?? ""), options);
});

test("the worker's environment blocks libvips' untrusted loaders and telemetry, and inherits nothing", () => {
  assert.deepEqual(WORKER_ENVIRONMENT, {
    VIPS_BLOCK_UNTRUSTED: "1",
    MALLOC_ARENA_MAX: "2",
    MALLOC_MMAP_THRESHOLD_: "4194304",
    MALLOC_TRIM_THRESHOLD_: "16777216",
    ORT_DISABLE_TELEMETRY: "1",
  });
});
