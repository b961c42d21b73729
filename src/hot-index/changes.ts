/** A committed change of one row. */
export interface HotChange {
  /** A safe integer. */
  readonly owner: number;
  /** 32 bytes in index order; null where the row is gone. */
  readonly bits: Uint8Array | null;
}

/** Changes as threads send them to each other: bits[32 * i ..] is the row of owners[i] unless gone[i]. */
export interface PackedChanges {
  readonly owners: Float64Array;
  readonly bits: Uint8Array;
  readonly gone: Uint8Array;
}

export function packChanges(changes: readonly HotChange[]): PackedChanges {
  const owners = new Float64Array(changes.length);
  const bits = new Uint8Array(changes.length * 32);
  const gone = new Uint8Array(changes.length);
  changes.forEach((change, index) => {
    owners[index] = change.owner;
    if (change.bits === null) gone[index] = 1;
    else bits.set(change.bits, index * 32);
  });
  return { owners, bits, gone };
}
