export { chunkValues, countPartitions, partitionRows, sortPartition } from "./build";
export { probe } from "./probe";
export { scan } from "./scan";
export { forget, verifyRows } from "./verify";
