import { parentPort, workerData } from "node:worker_threads";
import { type HotChange, packChanges } from "./changes.ts";
import { freeMemory } from "./free-memory.ts";
import type { HotLoader, HotSink, HotTable, OpenHotLoader } from "./loader.ts";
import type { FromKeeper, HotProgress, KeeperData, SegmentDelivery, ToKeeper } from "./messages.ts";
import { createTableKeeper, type TableKeeper } from "./table-keeper.ts";

const CHANGES_AT_ONCE = 4096;
const PROGRESS_MS = 250;

const { budgetBytes, kernel, loader, tables: names, tuning, searchers } = workerData as KeeperData;
const port = parentPort;
if (port === null) throw new Error("Expected to run as a thread of the hot index");

let lastId = 0;
let lastBatch = 0;
let closing = false;
const place = { kernel, searchers: searchers.length, tuning, room, nextId: () => ++lastId };
const tables = new Map<HotTable, TableKeeper>(names.map((name) => [name, createTableKeeper(place)]));
/** Begun and not sealed yet. A table is held once it is sealed: one whose loader forgot to would miss every row. */
const loading = new Set<HotTable>();
const held = new Set<HotTable>();
const delivered = new Set<number>();

/** One thing at a time: a load or a catch-up begins when the one before has ended. */
let work: Promise<void> = Promise.resolve();
let opened: Promise<HotLoader<unknown>> | undefined;

port.on("message", (message: ToKeeper) => {
  switch (message.kind) {
    case "changes":
      lastBatch = message.batch;
      applyChanges(message);
      break;
    case "catchUp":
      doNext((source) => catchUp(source, message.from, message.reload));
      break;
    case "close":
      closing = true;
      void close();
      break;
  }
});
doNext((source) => load(source, names));

function tell(message: FromKeeper): void {
  port?.postMessage(message);
}

function room(): number {
  let left = budgetBytes;
  for (const table of tables.values()) left -= table.bytes();
  return left;
}

function doNext(step: (source: HotLoader<unknown>) => Promise<unknown>): void {
  work = work
    .then(async () => {
      if (closing) return;
      opened ??= openLoader();
      const position = await step(await opened);
      tell({ kind: "ready", position, held: [...held] });
    })
    .catch(fail);
}

function fail(error: unknown): void {
  if (!closing) tell({ kind: "failed", error: error instanceof Error ? error : new Error(String(error)) });
}

async function openLoader(): Promise<HotLoader<unknown>> {
  const { openHotLoader } = (await import(loader.module)) as { openHotLoader: OpenHotLoader<unknown> };
  return openHotLoader(loader.data);
}

async function load(source: HotLoader<unknown>, wanted: readonly HotTable[]): Promise<unknown> {
  const { sink, flush } = createSink();
  const position = await source.load(sink, wanted);
  flush();
  return position;
}

async function catchUp(source: HotLoader<unknown>, from: unknown, reload: readonly HotTable[]): Promise<unknown> {
  for (const name of reload) drop(name);
  if (reload.length > 0) {
    const position = await load(source, reload);
    if (names.every((name) => reload.includes(name))) return position;
  }
  // Reloaded tables are given older changes again, and end where the others do.
  const { sink, flush } = createSink();
  const position = await source.catchUp(from, sink, reload);
  flush();
  return position;
}

async function close(): Promise<void> {
  const source = await opened?.catch(() => undefined);
  await source?.close().catch(() => {});
  tell({ kind: "closed" });
}

function applyChanges({ table: name, changes }: Extract<ToKeeper, { kind: "changes" }>): void {
  const table = tables.get(name);
  if (table === undefined || !held.has(name)) return;
  table.apply(changes);
  if (!table.isFull()) return;
  if (table.fold()) publish(name, table);
  else refuse(name, table.rows());
}

/** Gives the searchers the table's segments, then tells main, which tells them in turn from when on to use them. */
function publish(name: HotTable, table: TableKeeper): void {
  const segments = table.segments();
  for (const shape of segments) {
    if (delivered.has(shape.id)) continue;
    delivered.add(shape.id);
    for (const searcher of searchers) searcher.postMessage({ table: name, shape } satisfies SegmentDelivery);
  }
  tell({
    kind: "segments",
    table: name,
    upTo: lastBatch,
    ids: segments.map(({ id }) => id),
    lastId,
    rows: table.rows(),
    bytes: table.bytes(),
  });
  freeMemory();
}

function drop(name: HotTable): void {
  const table = tables.get(name);
  if (table === undefined) return;
  loading.delete(name);
  held.delete(name);
  table.clear();
  tell({ kind: "dropped", table: name });
  publish(name, table);
}

function refuse(name: HotTable, rows: number): void {
  drop(name);
  tell({ kind: "progress", progress: { table: name, rows, expectedRows: rows, phase: "over-budget" } });
}

function createSink(): { readonly sink: HotSink; flush(): void } {
  let rows = 0;
  let expected = 0;
  let lastProgress = 0;
  // A page for each table: changes of several tables alternate, and each page is a message to every thread.
  const changed = new Map<HotTable, HotChange[]>();

  function progress(table: HotTable, phase: HotProgress["phase"]): void {
    const now = performance.now();
    if (phase === "loading" && now - lastProgress < PROGRESS_MS) return;
    lastProgress = now;
    tell({ kind: "progress", progress: { table, rows, expectedRows: expected, phase } });
  }

  function flush(): void {
    for (const name of changed.keys()) flushTable(name);
  }

  function flushTable(name: HotTable): void {
    const changes = changed.get(name) ?? [];
    changed.delete(name);
    if (changes.length > 0) tell({ kind: "changes", table: name, changes: packChanges(changes) });
  }

  const sink: HotSink = {
    begin(name, expectedRows) {
      rows = 0;
      expected = expectedRows;
      if (tables.get(name)?.begin(expectedRows) === true) {
        loading.add(name);
        progress(name, "loading");
        return true;
      }
      refuse(name, expectedRows);
      return false;
    },
    add(name, owners, bits, n) {
      const table = tables.get(name);
      if (table === undefined || !loading.has(name)) return false;
      rows += n;
      const fits = table.add(owners, bits, n);
      if (fits) progress(name, "loading");
      else refuse(name, rows);
      return fits;
    },
    seal(name) {
      const table = tables.get(name);
      if (table === undefined || !loading.has(name)) return;
      progress(name, "building");
      table.seal();
      loading.delete(name);
      held.add(name);
      publish(name, table);
    },
    change(name, owner, bits) {
      if (!held.has(name)) return;
      const changes = changed.get(name) ?? [];
      changed.set(name, changes);
      // The loader may use its buffer again.
      changes.push({ owner, bits: bits === null ? null : bits.slice() });
      if (changes.length >= CHANGES_AT_ONCE) flushTable(name);
    },
  };
  return { sink, flush };
}
