import type { MessagePort } from "node:worker_threads";
import type { PackedChanges } from "./changes.ts";
import type { HotFound } from "./found.ts";
import type { KernelKind } from "./kernel/kernel.ts";
import type { HotTable } from "./loader.ts";
import type { SegmentShape } from "./segment.ts";

/** How a table's load goes on. `over-budget`: it did not fit, so it is not held. */
export interface HotProgress {
  readonly table: HotTable;
  readonly rows: number;
  readonly expectedRows: number;
  readonly phase: "loading" | "building" | "over-budget";
}

/** Numbers that tests make small. */
export interface HotTuning {
  /** Changes of a table after which its new rows become a segment. */
  readonly foldAt: number;
  /** A segment is at least so many times as large as all newer ones together. */
  readonly tierFactor: number;
  /** Rows from which a segment has chunk tables. */
  readonly chunkedFrom: number;
  /** Hashes from which a search is split over the searchers. */
  readonly splitFrom: number;
}

export interface KeeperData {
  readonly budgetBytes: number;
  readonly kernel: KernelKind;
  readonly loader: { readonly module: string; readonly data: unknown };
  readonly tables: readonly HotTable[];
  readonly tuning: HotTuning;
  /** One port to each searcher. */
  readonly searchers: readonly MessagePort[];
}

export interface SearcherData {
  readonly kernel: KernelKind;
  readonly searcher: number;
  readonly searchers: number;
  /** Segments come here from the keeper, before main says that they are to be used. */
  readonly segments: MessagePort;
}

export interface ChangesMessage {
  readonly kind: "changes";
  readonly table: HotTable;
  readonly batch: number;
  readonly changes: PackedChanges;
}

/** The table consists of these segments, with every change up to and with the batch. */
export interface SegmentsMessage {
  readonly kind: "segments";
  readonly table: HotTable;
  readonly upTo: number;
  readonly ids: readonly number[];
  /** The newest segment that there was: those of later messages have larger ids. */
  readonly lastId: number;
}

export interface SearchMessage {
  readonly kind: "search";
  readonly id: number;
  readonly table: HotTable;
  /** 32 bytes each. */
  readonly hashes: Uint8Array;
  readonly threshold: number;
  readonly limit: number;
  readonly extra: PackedChanges | null;
  readonly part: number;
  readonly parts: number;
}

export type ToSearcher = ChangesMessage | SegmentsMessage | SearchMessage;

export interface SearchAnswer {
  readonly id: number;
  /** Null where nothing was found, which is usual and sent faster so, or too many. */
  readonly found: HotFound | null;
  /** More than the limit were found. */
  readonly tooMany: boolean;
}

export interface SegmentDelivery {
  readonly table: HotTable;
  readonly shape: SegmentShape;
}

export type ToKeeper =
  | ChangesMessage
  | { readonly kind: "catchUp"; readonly from: unknown; readonly reload: readonly HotTable[] }
  | { readonly kind: "close" };

export type FromKeeper =
  | (SegmentsMessage & { readonly rows: number; readonly bytes: number })
  | { readonly kind: "changes"; readonly table: HotTable; readonly changes: PackedChanges }
  | { readonly kind: "dropped"; readonly table: HotTable }
  | { readonly kind: "ready"; readonly position: unknown; readonly held: readonly HotTable[] }
  | { readonly kind: "progress"; readonly progress: HotProgress }
  | { readonly kind: "failed"; readonly error: Error }
  | { readonly kind: "closed" };
