import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { nameUnsupportedFormat, sniffFormat } from "../../src/image/sniff-format.ts";
import { ftypBytes } from "../support/image-bytes.ts";

const small = () => sharp({ create: { width: 20, height: 20, channels: 3, background: "#aa5533" } });

test("every format that is read is known by its first bytes", async () => {
  for (const format of ["jpeg", "png", "webp", "gif", "avif"] as const) {
    const bytes = await small().toFormat(format).toBuffer();
    assert.equal(sniffFormat(bytes), format);
    assert.equal(nameUnsupportedFormat(bytes), null);
  }
});

test("an AVIF is known by any of its brands, and HEVC pictures are told from it", () => {
  assert.equal(sniffFormat(ftypBytes("avif")), "avif");
  assert.equal(sniffFormat(ftypBytes("avis", "msf1")), "avif");
  assert.equal(sniffFormat(ftypBytes("mif1", "miaf", "avif")), "avif");
  for (const brand of ["heic", "heix", "hevc", "mif1", "msf1"]) {
    assert.equal(sniffFormat(ftypBytes(brand, "mif1", "heic")), "heif");
    assert.equal(nameUnsupportedFormat(ftypBytes(brand)), "HEIC");
  }
  assert.equal(sniffFormat(ftypBytes("isom", "mp42")), null);
});

test("pictures of formats that are not read are named", () => {
  const signatures = { TIFF: "II*\0\x08", BMP: "BM\x36\x10", PSD: "8BPS\0\x01", SVG: "<svg xmlns=", PDF: "%PDF-1.7" };
  for (const [name, start] of Object.entries(signatures)) {
    const bytes = Buffer.from(`${start}${"\0".repeat(40)}`, "latin1");
    assert.equal(sniffFormat(bytes), null);
    assert.equal(nameUnsupportedFormat(bytes), name);
  }
});

test("starts that stop short of a signature, and other bytes, are no format", async () => {
  const png = await small().png().toBuffer();
  const others = [new Uint8Array(), png.subarray(0, 7), Buffer.from("RIFF\0\0\0\0WAVE"), Buffer.from("GIF90a......")];
  for (const bytes of [
    ...others,
    Buffer.from("\xff\xd8", "latin1"),
    Buffer.from("hello, world"),
    ftypBytes("avif").subarray(0, 9),
  ]) {
    assert.equal(sniffFormat(bytes), null);
  }
});

test("a view into a larger buffer is read from its own start", async () => {
  const webp = await small().webp().toBuffer();
  const larger = Buffer.concat([Buffer.from("GIF89a"), webp]);
  assert.equal(sniffFormat(larger.subarray(6)), "webp");
});
