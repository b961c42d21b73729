import type { Writable } from "node:stream";

/** Two unsigned 32-bit big-endian lengths: of the JSON header, then of the body. */
const PREFIX_BYTES = 8;

export interface FrameLimits {
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
}

/** Called once per whole frame; `body` is empty where the frame has none, and is the receiver's to keep. */
export type FrameHandler = (header: unknown, body: Uint8Array) => void;

/**
 * Write one frame: lengths, `header` as JSON, then `body` as it is. The body is not copied, so it must stay unchanged
 * until the stream has flushed it.
 */
export function writeFrame(stream: Writable, header: object, body: Uint8Array = new Uint8Array(0)): void {
  const json = JSON.stringify(header);
  const headerBytes = Buffer.byteLength(json);
  const head = Buffer.allocUnsafe(PREFIX_BYTES + headerBytes);
  head.writeUInt32BE(headerBytes, 0);
  head.writeUInt32BE(body.byteLength, 4);
  head.write(json, PREFIX_BYTES);
  stream.cork();
  stream.write(head);
  if (body.byteLength > 0) stream.write(body);
  stream.uncork();
}

/**
 * A function to feed with the bytes of a stream as they come, cut anywhere. Every byte is copied once, into a buffer
 * of the frame's announced size, which is checked against `limits` before it is allocated. Throws an Error on a frame
 * over the limits or a header that is not JSON; the stream is of no further use then.
 */
export function createFrameReader(limits: FrameLimits, onFrame: FrameHandler): (chunk: Uint8Array) => void {
  let target = Buffer.allocUnsafeSlow(PREFIX_BYTES);
  let filled = 0;
  /** Length of the header within `target`, or null while `target` is the prefix. */
  let headerBytes: number | null = null;

  function complete(): void {
    const whole = target;
    filled = 0;
    if (headerBytes === null) {
      headerBytes = whole.readUInt32BE(0);
      const bodyBytes = whole.readUInt32BE(4);
      if (headerBytes === 0 || headerBytes > limits.maxHeaderBytes) {
        throw new Error(`Expected a header of 1 to ${limits.maxHeaderBytes} bytes but received ${headerBytes}`);
      }
      if (bodyBytes > limits.maxBodyBytes) {
        throw new Error(`Expected a body of at most ${limits.maxBodyBytes} bytes but received ${bodyBytes}`);
      }
      target = Buffer.allocUnsafeSlow(headerBytes + bodyBytes);
      return;
    }
    const header: unknown = JSON.parse(whole.toString("utf8", 0, headerBytes));
    const body = whole.subarray(headerBytes);
    headerBytes = null;
    target = Buffer.allocUnsafeSlow(PREFIX_BYTES);
    onFrame(header, body);
  }

  return function push(chunk) {
    let offset = 0;
    while (offset < chunk.byteLength) {
      const taken = Math.min(chunk.byteLength - offset, target.byteLength - filled);
      target.set(chunk.subarray(offset, offset + taken), filled);
      offset += taken;
      filled += taken;
      if (filled === target.byteLength) complete();
    }
  };
}
