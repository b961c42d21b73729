import type { Readable } from "node:stream";

/** Signature (11 bytes), flags and the length of the header's extension (4 bytes each). */
const HEADER_BYTES = 19;
const MOST_FIELDS = 8;

/** One row: where in `buffer` each field starts and how many bytes it has; -1 for null. Valid during the call only. */
export type OnTuple = (buffer: Buffer, starts: Int32Array, lengths: Int32Array) => void;

/**
 * Reads what `copy ... to stdout (format binary)` sends (PostgreSQL manual, COPY, "Binary Format"), row by row.
 * @throws Error where the stream ends before its trailer
 */
export async function readTuples(stream: Readable, onTuple: OnTuple): Promise<void> {
  const starts = new Int32Array(MOST_FIELDS);
  const lengths = new Int32Array(MOST_FIELDS);
  let rest: Buffer = Buffer.alloc(0);
  let headerRead = false;
  let ended = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!headerRead) {
      if (buffer.length < HEADER_BYTES) {
        rest = buffer;
        continue;
      }
      at = HEADER_BYTES + buffer.readInt32BE(HEADER_BYTES - 4);
      headerRead = true;
    }
    while (!ended && buffer.length - at >= 2) {
      const fields = buffer.readInt16BE(at);
      if (fields === -1) {
        ended = true;
        break;
      }
      const end = tupleEnd(buffer, at + 2, fields, starts, lengths);
      if (end === -1) break;
      onTuple(buffer, starts, lengths);
      at = end;
    }
    rest = buffer.subarray(at);
  }
  if (!ended) throw new Error("Expected the rows of a table to the last but the connection ended before");
}

/** Where the row ends; -1 where the buffer ends before it does. */
function tupleEnd(buffer: Buffer, from: number, fields: number, starts: Int32Array, lengths: Int32Array): number {
  let at = from;
  for (let field = 0; field < fields; field++) {
    if (buffer.length < at + 4) return -1;
    const length = buffer.readInt32BE(at);
    starts[field] = at + 4;
    lengths[field] = length;
    at += 4 + Math.max(length, 0);
  }
  return at <= buffer.length ? at : -1;
}
