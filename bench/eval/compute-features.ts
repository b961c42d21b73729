import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { PhotoTask } from "./photo-records.ts";
import { progressBar } from "./progress-bar.ts";

const PROCESSES = 2;
const PROGRAM = fileURLToPath(new URL("./photo-process.ts", import.meta.url));

/** Makes all records that are not kept yet, in two processes. @throws Error where one of them fails */
export async function computeFeatures(tasks: readonly PhotoTask[]): Promise<void> {
  const left = [...tasks];
  const bar = progressBar("photos", tasks.length);
  const processes = Array.from({ length: PROCESSES }, () => fork(PROGRAM));
  try {
    await Promise.all(processes.map((child) => work(child, left, bar.step)));
  } finally {
    for (const child of processes) child.kill();
    bar.end();
  }
}

/** Gives the process one task after another until none is left. */
function work(child: ChildProcess, left: PhotoTask[], done: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = () => {
      const task = left.shift();
      if (task === undefined) resolve();
      else child.send(task);
    };
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`Expected a process to work on but it ended with ${code}`)));
    child.on("message", () => {
      done();
      next();
    });
    next();
  });
}
