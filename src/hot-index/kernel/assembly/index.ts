export { chunkPairs, countPartitions, partitionRows, sortPartition } from "./build";
export { probe } from "./probe";
export { scan } from "./scan";
export { forget } from "./verify";
