import { openFeatures } from "./features.ts";
import { makeRecords, type PhotoTask } from "./photo-records.ts";

/** Started by compute-features.ts: works on one photo after another and answers each with its path. */
const features = openFeatures();

process.on("message", (task: PhotoTask) => {
  features
    .then((reader) => makeRecords(task, reader))
    .then(() => process.send?.(task.path))
    .catch((error: unknown) => {
      console.error(task.path, error);
      process.exit(1);
    });
});
