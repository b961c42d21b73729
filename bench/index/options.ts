import { parseArgs } from "node:util";
import type { RowKind } from "./row-kind.ts";

export interface BenchOptions {
  readonly rows: number;
  readonly kinds: readonly RowKind[];
  /** Bits. */
  readonly thresholds: readonly number[];
  /** Hashes in one check. */
  readonly probes: readonly number[];
  /** Checks of one hash at each threshold; half of them planted. */
  readonly queries: number;
  /** Names of contenders, or beginnings of them; null for all. */
  readonly contenders: readonly string[] | null;
  /** Most matches that a contender returns. */
  readonly limit: number;
  /** What one contender may take for one threshold and number of hashes. */
  readonly cellSeconds: number;
  /** Above this many rows the index isn't built. */
  readonly hnswRows: number;
  readonly ivfflatRows: number;
  readonly bkTreeRows: number;
  /** The kinds of rows that the extensions' indexes are built for. */
  readonly peerKinds: readonly RowKind[];
  readonly hotBytes: number;
  readonly json: string | null;
}

const KINDS: readonly RowKind[] = ["uniform", "pdq", "blockhash"];
const MIB = 2 ** 20;

/** Reads the command line; see docs/performance.md. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string", default: "1000000" },
      kinds: { type: "string", default: KINDS.join() },
      thresholds: { type: "string", default: "10,16,31,64" },
      probes: { type: "string", default: "1,16" },
      queries: { type: "string", default: "1000" },
      contenders: { type: "string" },
      limit: { type: "string", default: "100" },
      "cell-seconds": { type: "string", default: "2" },
      "hnsw-rows": { type: "string", default: "1000000" },
      "peer-kinds": { type: "string", default: "pdq" },
      "ivfflat-rows": { type: "string", default: "1000000" },
      "bk-tree-rows": { type: "string", default: "1000000" },
      "hot-mib": { type: "string", default: "4096" },
      json: { type: "string" },
    },
  });
  return {
    rows: whole("rows", values.rows),
    kinds: rowKinds(values.kinds),
    thresholds: values.thresholds.split(",").map((text) => whole("thresholds", text)),
    probes: values.probes.split(",").map((text) => whole("probes", text)),
    queries: whole("queries", values.queries),
    contenders: values.contenders?.split(",") ?? null,
    limit: whole("limit", values.limit),
    cellSeconds: whole("cell-seconds", values["cell-seconds"]),
    hnswRows: whole("hnsw-rows", values["hnsw-rows"]),
    peerKinds: rowKinds(values["peer-kinds"]),
    ivfflatRows: whole("ivfflat-rows", values["ivfflat-rows"]),
    bkTreeRows: whole("bk-tree-rows", values["bk-tree-rows"]),
    hotBytes: whole("hot-mib", values["hot-mib"]) * MIB,
    json: values.json ?? null,
  };
}

function rowKinds(text: string): RowKind[] {
  return text.split(",").map((name) => {
    const kind = KINDS.find((known) => known === name);
    if (kind === undefined) throw new Error(`Expected kinds among ${KINDS.join()} but received ${name}`);
    return kind;
  });
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`Expected a whole number for --${name} but received ${text}`);
  return value;
}
