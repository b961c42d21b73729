import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { findSkew } from "../../src/fingerprint/skew.ts";
import { texturedPicture } from "../support/test-pictures.ts";

const WIDTH = 320;
const HEIGHT = 240;
const photo = texturedPicture(WIDTH, HEIGHT, 7);

for (const degrees of [-9, -4, -2, -1, 1, 2, 5, 12]) {
  for (const ground of ["black", "white"]) {
    for (const canvas of ["enlarged", "kept"] as const) {
      test(`a picture turned by ${degrees} degrees on ${ground}, its canvas ${canvas}, is found and set upright`, async () => {
        const turned = await turn(photo, degrees, ground, canvas);
        const skew = findSkew(turned);
        assert.ok(skew !== null);
        assert.ok(Math.abs((skew.angle * 180) / Math.PI - degrees) < 0.3, `${(skew.angle * 180) / Math.PI} degrees`);
        assert.ok(Math.abs(skew.right - skew.left - WIDTH) < 6 && Math.abs(skew.bottom - skew.top - HEIGHT) < 6);
        const upright = fingerprintPixels(turned).variants.find(({ trimmed }) => trimmed);
        const distance = hammingDistance(upright?.pdq.identity ?? "", fingerprintPixels(photo).pdq ?? "");
        assert.ok(distance <= 31, `${distance} bits`);
      });
    }
  }
}

test("nothing is found in pictures that aren't turned, framed or not", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const picture = texturedPicture(200, 150, seed);
    assert.equal(findSkew(picture), null);
    const framed = await raw(open(picture).extend({ top: 20, bottom: 10, left: 30, right: 5, background: "white" }));
    assert.equal(findSkew(framed), null);
  }
});

test("nothing is found in blank pictures, round shapes and pictures of a pixel", async () => {
  const circle =
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><circle cx="150" cy="150" r="120"/></svg>';
  const round = await raw(sharp(Buffer.from(circle)).flatten({ background: "white" }));
  assert.equal(findSkew(round), null);
  assert.equal(findSkew({ data: new Uint8Array(300 * 200 * 3), width: 300, height: 200 }), null);
  assert.equal(findSkew({ data: new Uint8Array(3), width: 1, height: 1 }), null);
});

function open({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function raw(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function turn(pixels: Pixels, degrees: number, background: string, canvas: "enlarged" | "kept"): Promise<Pixels> {
  const turned = await raw(open(pixels).rotate(degrees, { background }));
  if (canvas === "enlarged") return turned;
  const left = Math.floor((turned.width - pixels.width) / 2);
  const top = Math.floor((turned.height - pixels.height) / 2);
  return await raw(open(turned).extract({ left, top, width: pixels.width, height: pixels.height }));
}
