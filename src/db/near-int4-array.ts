const INT4_OID = 23;

/**
 * A one-dimensional `int4[]` in PostgreSQL's binary format (array_recv: dimensions, has-null flag, element type, then
 * size and lower bound of the dimension, then length and value of each element; all big-endian). node-postgres sends a
 * Buffer as a binary parameter.
 */
export function int4Array(values: Int32Array): Buffer {
  if (values.length === 0) {
    const empty = Buffer.alloc(12);
    empty.writeInt32BE(INT4_OID, 8);
    return empty;
  }
  const buffer = Buffer.allocUnsafe(20 + 8 * values.length);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  view.setInt32(0, 1);
  view.setInt32(4, 0);
  view.setInt32(8, INT4_OID);
  view.setInt32(12, values.length);
  view.setInt32(16, 1);
  let offset = 20;
  for (const value of values) {
    view.setInt32(offset, 4);
    view.setInt32(offset + 4, value);
    offset += 8;
  }
  return buffer;
}
