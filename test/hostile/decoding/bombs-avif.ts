import sharp, { type AvifOptions } from "sharp";
import { type Bomb, uint16, uint32 } from "./hostile-file.ts";

/** ISO/IEC 14496-12: a length that counts itself, a type, the content. */
function box(type: string, content: Uint8Array, length = content.length + 8): Buffer {
  return Buffer.concat([uint32(length), Buffer.from(type, "latin1"), content]);
}

const FILE_TYPE = box("ftyp", Buffer.from("avif\0\0\0\0avifmif1miaf", "latin1"));

const drawn = (side = 64, options: AvifOptions = {}) =>
  sharp({ create: { width: side, height: side, channels: 3, background: "#228844" } })
    .avif({ effort: 0, ...options })
    .toBuffer();

/** The picture with bytes behind the first mark of that type overwritten. */
async function patched(type: string, offset: number, bytes: Uint8Array): Promise<Buffer> {
  const avif = await drawn();
  const at = avif.indexOf(type, 0, "latin1");
  if (at < 0) throw new Error(`Expected a box ${type} in an AVIF`);
  avif.set(bytes, at + 4 + offset);
  return avif;
}

/** The size that the item properties declare, whatever is coded. */
function sized(width: number, height: number): Promise<Buffer> {
  return patched("ispe", 4, Buffer.concat([uint32(width), uint32(height)]));
}

function nested(depth: number): Buffer {
  let content: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) content = box("meta", content);
  return content;
}

/** One derived picture that is put together from itself. */
function selfReference(): Buffer {
  const handler = box("hdlr", Buffer.concat([Buffer.alloc(8), Buffer.from("pict"), Buffer.alloc(13)]));
  const primary = box("pitm", Buffer.concat([Buffer.alloc(4), uint16(1)]));
  const entry = box("infe", Buffer.concat([uint32(0x02000000), uint16(1), uint16(0), Buffer.from("grid\0")]));
  const items = box("iinf", Buffer.concat([Buffer.alloc(4), uint16(1), entry]));
  const uses = box("dimg", Buffer.concat([uint16(1), uint16(4), ...Array.from({ length: 4 }, () => uint16(1))]));
  const references = box("iref", Buffer.concat([Buffer.alloc(4), uses]));
  // One extent of 8 bytes in the box of item data: a grid of 2 x 2 that makes 128 x 128.
  const location = Buffer.concat([
    uint32(0x01000000),
    Buffer.of(0x44, 0),
    uint16(1),
    uint16(1),
    uint16(1),
    uint16(0),
    uint16(1),
    uint32(0),
    uint32(8),
  ]);
  const data = box("idat", Buffer.from([0, 0, 1, 1, 0, 128, 0, 128]));
  const meta = box(
    "meta",
    Buffer.concat([Buffer.alloc(4), handler, primary, box("iloc", location), items, references, data]),
  );
  return Buffer.concat([FILE_TYPE, meta]);
}

/** Sizes, places and counts that lie, boxes in boxes, and pictures that take more memory than they look. */
export const AVIF_BOMBS: readonly Bomb[] = [
  { name: "declared 65535 x 65535", make: () => sized(65_535, 65_535) },
  { name: "declared 2^31 x 2^31", make: () => sized(2 ** 31, 2 ** 31) },
  { name: "declared 6000 x 6600", make: () => sized(6_000, 6_600) },
  { name: "declared 4000 x 4000", make: () => sized(4_000, 4_000) },
  { name: "declared 1 x 1", make: () => sized(1, 1) },
  { name: "declared 0 x 0", make: () => sized(0, 0) },
  { name: "39.6 megapixels, flat", slow: true, make: () => drawn(6_290) },
  { name: "15.9 megapixels, flat, 4:4:4", slow: true, make: () => drawn(3_990, { chromaSubsampling: "4:4:4" }) },
  { name: "15.9 megapixels, flat, 12-bit", slow: true, make: () => drawn(3_990, { bitdepth: 12 }) },
  { name: "places of rubbish", make: () => patched("iloc", 0, Buffer.alloc(16, 0xff)) },
  { name: "places without number", make: () => patched("iloc", 6, Buffer.of(0xff, 0xff)) },
  { name: "items without number", make: () => patched("iinf", 4, Buffer.of(0xff, 0xff)) },
  { name: "properties without number", make: () => patched("ipma", 4, Buffer.alloc(4, 0xff)) },
  { name: "no decoder's settings", make: () => patched("av1C", -4, Buffer.from("free")) },
  { name: "primary picture that is not there", make: () => patched("pitm", 4, Buffer.of(0xff, 0xff)) },
  { name: "picture made of itself", make: () => selfReference() },
  { name: "10,000 boxes in each other", make: () => Buffer.concat([FILE_TYPE, nested(10_000)]) },
  {
    name: "box of 2^63 bytes",
    make: () => Buffer.concat([FILE_TYPE, box("meta", Buffer.from("7fffffffffffffff", "hex"), 1)]),
  },
  { name: "box of no length", make: async () => Buffer.concat([await drawn(), box("free", Buffer.alloc(20), 2)]) },
  {
    name: "500,000 empty boxes",
    make: async () =>
      Buffer.concat([
        FILE_TYPE,
        Buffer.concat(Array(500_000).fill(box("free", Buffer.of()))),
        (await drawn()).subarray(FILE_TYPE.length),
      ]),
  },
  { name: "nothing but its type", make: () => FILE_TYPE },
  { name: "cut in its pixels", make: async () => (await drawn(600)).subarray(0, -40) },
];
