/** A file that is sent to see what the service makes of it. */
export interface HostileFile {
  /** The collection it is of, for the table. */
  readonly corpus: string;
  readonly name: string;
  readonly bytes: Buffer;
}

/** A file that is made when it is its turn. */
export interface Bomb {
  readonly name: string;
  /** Whether making or answering it takes seconds. */
  readonly slow?: boolean;
  make(): Buffer | Promise<Buffer>;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export function uint16(value: number): Buffer {
  return Buffer.from([(value >> 8) & 255, value & 255]);
}
