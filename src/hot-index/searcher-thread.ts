import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { freeMemory } from "./free-memory.ts";
import type { HotTable } from "./loader.ts";
import type {
  SearchAnswer,
  SearcherData,
  SearchMessage,
  SegmentDelivery,
  SegmentsMessage,
  ToSearcher,
} from "./messages.ts";
import type { SegmentShape } from "./segment.ts";
import { wordsOf } from "./segment-draft.ts";
import { createTableSearch, type TableSearch } from "./table-search.ts";

const { kernel, searcher, searchers, segments } = workerData as SearcherData;
const port = parentPort;
if (port === null) throw new Error("Expected to run as a thread of the hot index");

/** Fewer found owners are copied: handing memory over has a price of its own. */
const TRANSFER_FROM = 1000;

const tables = new Map<HotTable, TableSearch>();
/** Segments by id, from their delivery until they are out of use. */
const shapes = new Map<number, SegmentDelivery>();

port.on("message", (message: ToSearcher) => {
  switch (message.kind) {
    case "changes":
      tableOf(message.table).apply(message.changes, message.batch);
      break;
    case "segments":
      adopt(message);
      break;
    case "search":
      answer(message);
      break;
  }
});

function tableOf(name: HotTable): TableSearch {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const table = createTableSearch(kernel, searcher, searchers);
  tables.set(name, table);
  return table;
}

function adopt({ table, ids, upTo, lastId }: SegmentsMessage): void {
  for (let next = receiveMessageOnPort(segments); next !== undefined; next = receiveMessageOnPort(segments)) {
    const delivery = next.message as SegmentDelivery;
    shapes.set(delivery.shape.id, delivery);
  }
  const used: SegmentShape[] = [];
  for (const id of ids) {
    const delivery = shapes.get(id);
    // Deliveries are posted before main is told, so each is there.
    if (delivery === undefined) throw new Error(`Expected segment ${id} to be delivered before its use`);
    used.push(delivery.shape);
  }
  let freed = false;
  for (const [id, delivery] of shapes) {
    if (delivery.table !== table || ids.includes(id) || id > lastId) continue;
    shapes.delete(id);
    freed = true;
  }
  tableOf(table).adopt(used, upTo);
  if (freed) freeMemory();
}

function answer({ id, table, hashes, threshold, limit, extra, part, parts }: SearchMessage): void {
  const count = hashes.length / 32;
  const words = wordsOf(hashes, count);
  const found = tableOf(table).search({ words, hashes: count, threshold, limit, part, parts }, extra);
  const some = found !== null && found.owners.length > 0;
  const transfer =
    some && found.owners.length >= TRANSFER_FROM
      ? [found.owners.buffer, found.distances.buffer, found.places.buffer]
      : [];
  const message: SearchAnswer = { id, found: some ? found : null, tooMany: found === null };
  port?.postMessage(message, transfer as ArrayBuffer[]);
}
