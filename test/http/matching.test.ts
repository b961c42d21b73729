import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import { DETAIL_CAUSES } from "../../src/fingerprint/fingerprint.ts";
import { flatPictures } from "../support/flat-pictures.ts";
import { detailedPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

let names = 0;
/** A list of this test's own that holds the picture. */
async function banned(picture: Buffer | { readonly hashes: object }, fields: object = {}): Promise<string> {
  const name = `matching-${++names}`;
  assert.equal((await ask(service, "POST", "/v1/lists", { body: { name, ...fields } })).status, 201);
  assert.equal((await ask(service, "POST", `/v1/lists/${name}/entries`, { body: picture })).status, 201);
  return name;
}

async function matchOf(copy: Buffer, list: string, query = "") {
  const { body } = await check(service, copy, { query: `?lists=${list}${query}` });
  assert.ok(body.matches.length <= 1);
  return body.matches[0] ?? null;
}

const BLACK = "#000";
const edits = {
  mirror: (picture: Buffer) => sharp(picture).flop(),
  flip: (picture: Buffer) => sharp(picture).flip(),
  rotate90: (picture: Buffer) => sharp(picture).rotate(90),
  rotate180: (picture: Buffer) => sharp(picture).rotate(180),
  rotate270: (picture: Buffer) => sharp(picture).rotate(270),
};
/** What a copy has to undergo to meet the original, where that isn't the same edit. */
const BACK: Record<string, string> = { rotate90: "rotate270", rotate270: "rotate90" };
const frames = {
  "a border": (picture: Buffer) => extend(picture, { top: 48, bottom: 48, left: 64, right: 64 }, "#fff"),
  "a letterbox": (picture: Buffer) => extend(picture, { top: 100, bottom: 100 }, BLACK),
  "a pillarbox": (picture: Buffer) => extend(picture, { left: 120, right: 120 }, BLACK),
  "a caption bar": (picture: Buffer) => withCaption(picture),
  "corners left by a turn of 3 degrees": (picture: Buffer) => sharp(picture).rotate(3, { background: BLACK }),
};

function extend(picture: Buffer, sides: object, background: string) {
  return sharp(picture).extend({ ...sides, background });
}

async function withCaption(picture: Buffer) {
  const bar = await extend(picture, { top: 90 }, "#fff").png().toBuffer();
  const words =
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="90"><text x="24" y="56" font-size="36" font-family="sans-serif">Monday, nine o\'clock</text></svg>';
  return sharp(bar).composite([{ input: Buffer.from(words), left: 0, top: 0 }]);
}

describe("a banned picture", () => {
  it("is met mirrored, flipped and turned, by either hash alone, and the answer says how", async () => {
    const picture = await detailedPicture(301);
    const { body } = await check(service, picture, { query: "?classify=never" });
    for (const kind of ["pdq", "blockhash"]) {
      const list = await banned({ hashes: { [kind]: body.fingerprint[kind] } });
      for (const [name, edit] of Object.entries(edits)) {
        const transform = BACK[name] ?? name;
        const match = await matchOf(await edit(picture).jpeg().toBuffer(), list);
        assert.deepEqual([match?.hash, match?.transform], [kind, transform]);
        assert.ok(match.distance <= match.threshold);
      }
    }
  });

  for (const [frame, edit] of Object.entries(frames)) {
    it(`is met in ${frame}, and turned besides`, async () => {
      const picture = await detailedPicture(310 + names);
      const list = await banned(picture);
      const framed = await (await edit(picture)).png().toBuffer();
      assert.equal((await matchOf(framed, list))?.transform, "trimmed");
      const turned = await sharp(framed).rotate(90).jpeg().toBuffer();
      assert.equal((await matchOf(turned, list))?.transform, "trimmed_rotate270");
    });

    it(`with ${frame} is met without, and with another frame`, async () => {
      const picture = await detailedPicture(330 + names);
      const list = await banned(await (await edit(picture)).png().toBuffer());
      assert.equal((await matchOf(await sharp(picture).jpeg().toBuffer(), list))?.transform, "trimmed");
      const other = await extend(picture, { top: 30, bottom: 60, left: 10, right: 40 }, "#c33").jpeg().toBuffer();
      assert.equal((await matchOf(other, list))?.transform, "trimmed");
    });
  }

  it("is met by two hashes that agree where neither is near enough alone, and the answer shows both", async () => {
    const picture = await detailedPicture(350);
    const copy = await sharp(picture).extract({ left: 13, top: 10, width: 614, height: 460 }).jpeg().toBuffer();
    const strict = { pdq_threshold: 4, blockhash_threshold: 2 };
    const alone = await banned(picture, strict);
    assert.equal(await matchOf(copy, alone), null);
    const both = await banned(picture, {
      ...strict,
      agreement_pdq_threshold: 100,
      agreement_blockhash_threshold: 100,
    });
    const match = await matchOf(copy, both);
    assert.deepEqual([match.hash, match.threshold], ["pdq", 100]);
    assert.deepEqual([match.confirmed_by.hash, match.confirmed_by.threshold], ["blockhash", 100]);
    assert.ok(match.distance > 4 && match.confirmed_by.distance > 2);
    const { body } = await check(service, copy, { query: `?lists=${both}` });
    assert.match(
      body.reasons[0].message,
      /pdq, distance \d+ of at most 100, and blockhash, distance \d+ of at most 100/,
    );
  });

  it("is met by its blockhash alone, mirrored, flipped and half turned, before anything is sent", async () => {
    const picture = await detailedPicture(360);
    const list = await banned(picture);
    for (const transform of ["mirror", "flip", "rotate180"] as const) {
      const { body } = await check(service, await edits[transform](picture).png().toBuffer(), {
        query: "?classify=never",
      });
      const { blockhash } = body.fingerprint;
      const { body: known } = await ask(service, "GET", `/v1/hashes/blockhash/${blockhash}?lists=${list}`);
      assert.deepEqual([known.verdict, known.matches[0].transform], ["block", transform]);
    }
  });
});

describe("a seen picture", () => {
  it("is the near one of its turned and framed copies, whose scores are not taken over", async () => {
    const picture = await detailedPicture(370);
    await check(service, picture);
    const framed = await extend(picture, { top: 60, bottom: 60 }, BLACK).png().toBuffer();
    for (const [copy, transform] of [
      [await edits.rotate90(picture).png().toBuffer(), "rotate270"],
      [framed, "trimmed"],
    ] as const) {
      const { body } = await check(service, copy);
      assert.equal(body.seen.near.transform, transform);
      assert.equal(body.classification.source, "model");
    }
  });

  it("shows the hashes of what is left without its borders", async () => {
    const picture = await detailedPicture(380);
    const plain = await check(service, picture, { query: "?classify=never" });
    assert.equal(plain.body.fingerprint.trimmed, null);
    const framed = await extend(picture, { top: 60, bottom: 60 }, BLACK).png().toBuffer();
    for (const time of ["first", "second"]) {
      const { body } = await check(service, framed, { query: "?classify=never" });
      const { pdq, blockhash } = plain.body.fingerprint;
      assert.deepEqual(body.fingerprint.trimmed, { pdq, blockhash }, time);
    }
  });
});

describe("flat pictures", () => {
  it("each match themselves exactly and no other, though all are banned, and the answer says what they lack", async () => {
    const list = `matching-${++names}`;
    await ask(service, "POST", "/v1/lists", { body: { name: list, match: "fast" } });
    const pictures = new Map<string, Buffer>();
    for (const [name, { data, width, height }] of await flatPictures()) {
      const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      // A white picture is the same after compression.
      if ([...pictures.values()].some((other) => other.equals(bytes))) continue;
      pictures.set(name, bytes);
      await ask(service, "POST", `/v1/lists/${list}/entries?custom_id=${name}`, { body: bytes });
    }
    assert.ok(pictures.size >= 30);
    for (const [name, bytes] of pictures) {
      const { body } = await check(service, bytes, { query: `?lists=${list}&classify=never` });
      assert.deepEqual(
        body.matches.map((match: { hash: string; custom_id: string }) => [match.hash, match.custom_id]),
        [["sha256", name]],
      );
      const { detail, detail_cause: cause } = body.fingerprint;
      assert.equal(detail, "insufficient", name);
      const reason = body.reasons.find(({ code }: { code: string }) => code === "insufficient_detail");
      assert.ok(reason.message.includes(DETAIL_CAUSES[cause as keyof typeof DETAIL_CAUSES]), name);
    }
  });
});
