import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ATTACKS } from "../../bench/eval/attacks.ts";
import type { Base } from "../../bench/eval/base.ts";
import { decodeFull } from "../../src/image/decode-image.ts";
import { texturedPicture } from "../support/test-pictures.ts";

const photo: Base = { ...texturedPicture(120, 90), seed: 7 };
const smallest: Base = { ...texturedPicture(64, 64), seed: 8 };

describe("the catalogue of attacks", () => {
  it("names every attack once", () => {
    const names = ATTACKS.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });

  for (const { name, apply } of ATTACKS) {
    it(`${name} gives the same file twice and works on 64 x 64 pixels`, async () => {
      const [once, twice] = [await apply(photo), await apply(photo)];
      assert.ok(once.equals(twice));
      const { width, height } = await decodeFull(await apply(smallest));
      assert.ok(width >= 7 && height >= 7, `${width} x ${height}`);
    });
  }

  for (const { name, apply } of ATTACKS.filter(({ family }) => family === "exif")) {
    it(`${name} leaves the upright picture as it was`, async () => {
      const { data, width, height } = await decodeFull(await apply(photo));
      assert.deepEqual([width, height], [photo.width, photo.height]);
      const difference = data.reduce((sum, level, i) => sum + Math.abs(level - (photo.data[i] ?? 0)), 0);
      assert.ok(difference / data.length < 8, `${difference / data.length} levels`);
    });
  }
});
