import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import { hashDetail } from "../../src/fingerprint/detail.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { detailedPicture, flatPicture, seeded, shrunkCopy } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";
import { sharedData } from "../support/shared-data.ts";

/** The threshold of HMA's PDQ index, and of a list that names none, in bits. */
const THRESHOLD = 31;
const BANKS = ["HAYSTACK_A", "HAYSTACK_B", "HAYSTACK_C"] as const;

let service: TestService;
/** Signals by the number of their content, and where it is. */
const banked = new Map<number, { readonly pdq: string; readonly bank: string }>();
let needles: string[] = [];

/** ThreatExchange's own test data where they are beside the project, else hashes drawn at random. */
async function signals(file: "haystack" | "needles", count: number): Promise<string[]> {
  const path = sharedData(`vectors/pdq/reg-test-input/${file}.txt`);
  if (path === null) return Array.from({ length: count }, (_, place) => randomHash(file.length * 1000 + place));
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => /^[0-9a-f]{64}$/.test(line));
  const firm = lines.filter((line) => hashDetail("pdq", line) === "sufficient");
  return [...new Set(firm)].slice(0, count);
}

function randomHash(seed: number): string {
  const random = seeded(seed);
  return Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join("");
}

/** The hash with `bits` of its bits turned over. */
function moved(hash: string, bits: number, seed: number): string {
  const random = seeded(seed);
  const bytes = Buffer.from(hash, "hex");
  const places = new Set<number>();
  while (places.size < bits) places.add(Math.floor(random() * 256));
  for (const place of places) bytes[place >> 3] = (bytes[place >> 3] ?? 0) ^ (1 << (place & 7));
  return bytes.toString("hex");
}

/** What a look-up has to answer: every banked signal within the threshold, by bank. */
function expectedMatches(signal: string): Map<string, string> {
  const near = [...banked].map(([id, { pdq, bank }]) => ({ id, bank, distance: hammingDistance(pdq, signal) }));
  const found = near.filter(({ distance }) => distance <= THRESHOLD);
  return new Map(found.map(({ id, bank, distance }) => [`${bank}/${id}`, String(distance)]));
}

type ByBank = Record<string, { bank_content_id: number; distance: string }[]>;

function flatten(answer: ByBank): Map<string, string> {
  const all = Object.entries(answer).flatMap(([bank, matches]) =>
    matches.map((match): [string, string] => [`${bank}/${match.bank_content_id}`, match.distance]),
  );
  assert.equal(new Map(all).size, all.length, "every content once");
  return new Map(all);
}

async function lookUp(signal: string, query = ""): Promise<ByBank> {
  const { status, body } = await ask(service, "GET", `/m/lookup?signal_type=pdq&signal=${signal}${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

function photo(bytes: Buffer): FormData {
  const form = new FormData();
  form.append("photo", new Blob([bytes]), "x");
  return form;
}

before(async () => {
  service = await startService();
  for (const name of BANKS) {
    const { status } = await ask(service, "POST", "/c/banks", { body: { name } });
    assert.equal(status, 201);
  }
  needles = await signals("needles", 40);
  const haystack = await signals("haystack", 150);
  // Near-duplicates of every needle, at distances on both sides of the threshold.
  const planted = needles.flatMap((needle, place) =>
    [place % 32, 31, 32].map((bits, turn) => moved(needle, bits, place * 3 + turn)),
  );
  const jobs = [...new Set([...haystack, ...planted])].map((pdq, place) => ({ pdq, bank: BANKS[place % 3] ?? "" }));
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
        const { pdq, bank } = job;
        const { status, body } = await ask(service, "POST", `/c/bank/${bank}/signal`, { body: { pdq } });
        assert.deepEqual([status, body], [200, { id: body.id, signals: { pdq } }]);
        banked.set(body.id, { pdq, bank });
      }
    }),
  );
});
after(() => service.close());

describe("HMA look-ups by signal", () => {
  it("miss none of hundreds of signals banked in parallel within 31 bits, and tell the right distance of each", async () => {
    assert.ok(banked.size > 250, `${banked.size} signals`);
    let matches = 0;
    for (const needle of needles) {
      const expected = expectedMatches(needle);
      matches += expected.size;
      assert.deepEqual(flatten(await lookUp(needle)), expected, needle);
    }
    assert.ok(matches >= needles.length * 2, `${matches} matches`);
  });

  it("list the same content raw, by number alone or with its distance, and of the named banks only", async () => {
    for (const needle of needles.slice(0, 10)) {
      const query = `signal_type=pdq&signal=${needle}`;
      const expected = expectedMatches(needle);
      const raw = await ask(service, "GET", `/m/raw_lookup?${query}`);
      const numbers = [...expected.keys()].map((key) => Number(key.split("/")[1]));
      assert.deepEqual(new Set(raw.body.matches), new Set(numbers));
      const near = await ask(service, "GET", `/m/raw_lookup?${query}&include_distance=true`);
      const told = near.body.matches.map((match: ByBank[string][number]) => [match.bank_content_id, match.distance]);
      const byNumber = [...expected].map(([key, distance]) => [Number(key.split("/")[1]), distance] as const);
      assert.deepEqual(new Map(told), new Map(byNumber));

      const two = flatten(await lookUp(needle, "&banks=HAYSTACK_A,HAYSTACK_C,NO_SUCH_BANK"));
      const inTwo = [...expected].filter(([key]) => !key.startsWith("HAYSTACK_B"));
      assert.deepEqual(two, new Map(inTwo));
      assert.deepEqual(await lookUp(needle, "&banks=NO_SUCH_BANK"), {});
    }
  });

  it("count what is banked at once, as HMA's index does minutes later", async () => {
    const { body } = await ask(service, "GET", "/m/index/status?signal_type=pdq");
    assert.deepEqual([body.pdq.present, body.pdq.size], [true, banked.size]);
    assert.ok(Math.abs(body.pdq.built_to - Date.now() / 1000) < 600, String(body.pdq.built_to));
    const ages = await ask(service, "GET", "/c/signal_type/index");
    const { db_size, index_size, index_out_of_date } = ages.body.pdq;
    assert.deepEqual([db_size, index_size, index_out_of_date], [banked.size, banked.size, false]);
  });

  it("count videos by their MD5s, and not the files of photos", async () => {
    assert.equal((await ask(service, "POST", "/c/banks", { body: { name: "COUNTED" } })).status, 201);
    const sizes = async () => {
      const { body } = await ask(service, "GET", "/m/index/status");
      return { pdq: body.pdq.size, video_md5: body.video_md5.size };
    };
    const before = await sizes();
    await ask(service, "POST", "/c/bank/COUNTED/content", { body: photo(await detailedPicture(9204)) });
    assert.deepEqual(await sizes(), { ...before, pdq: before.pdq + 1 });
    const video = new FormData();
    video.append("video", new Blob(["not decoded at all"]), "x");
    const { body } = await ask(service, "POST", "/c/bank/COUNTED/content", { body: video });
    assert.deepEqual(await sizes(), { pdq: before.pdq + 1, video_md5: before.video_md5 + 1 });
    await ask(service, "DELETE", `/c/bank/COUNTED/content/${body.id}`);
    assert.deepEqual(await sizes(), { ...before, pdq: before.pdq + 1 });
  });
});

describe("HMA look-ups by picture", () => {
  before(async () => {
    assert.equal((await ask(service, "POST", "/c/banks", { body: { name: "PICTURES" } })).status, 201);
  });

  async function bank(bytes: Buffer) {
    const { status, body } = await ask(service, "POST", "/c/bank/PICTURES/content", { body: photo(bytes) });
    assert.equal(status, 200, JSON.stringify(body));
    return body as { id: number; signals: { pdq?: string } };
  }

  it("find what the picture's own signal finds, at the same distance", async () => {
    const picture = await detailedPicture(9201);
    const copy = await shrunkCopy(picture, 0.4, 60);
    const { id, signals } = await bank(picture);
    const hashed = await ask(service, "POST", "/h/hash", { body: photo(copy) });
    const bySignal = await lookUp(hashed.body.pdq);
    const distance = String(hammingDistance(hashed.body.pdq, signals.pdq ?? ""));
    assert.deepEqual(bySignal, { PICTURES: [{ bank_content_id: id, distance }] });
    assert.deepEqual((await ask(service, "POST", "/m/lookup", { body: photo(copy) })).body, { pdq: bySignal });
  });

  it("find mirrored copies besides, which no signal of theirs finds", async () => {
    const picture = await detailedPicture(9202);
    const { id } = await bank(picture);
    const mirrored = await sharp(picture).flop().jpeg().toBuffer();
    const hashed = await ask(service, "POST", "/h/hash", { body: photo(mirrored) });
    assert.deepEqual(await lookUp(hashed.body.pdq), {});
    const { body } = await ask(service, "POST", "/m/lookup", { body: photo(mirrored) });
    const found = Object.values(body as Record<string, ByBank>).flatMap((banks) => banks.PICTURES ?? []);
    assert.deepEqual(
      found.map((match) => match.bank_content_id),
      [id],
    );
    assert.ok(Number(found[0]?.distance) <= THRESHOLD, JSON.stringify(body));
  });

  it("find copies with a bar over them beyond 31 bits, where both hashes agree, at the distance of their signals", async () => {
    const picture = await detailedPicture(9203);
    const { id, signals } = await bank(picture);
    const bar = await sharp({ create: { width: 400, height: 180, channels: 3, background: "#eedd00" } })
      .png()
      .toBuffer();
    const barred = await sharp(picture)
      .composite([{ input: bar, left: 100, top: 200 }])
      .jpeg()
      .toBuffer();
    const hashed = await ask(service, "POST", "/h/hash", { body: photo(barred) });
    const distance = hammingDistance(hashed.body.pdq, signals.pdq ?? "");
    assert.ok(distance > THRESHOLD, `${distance} bits`);
    assert.deepEqual(await lookUp(hashed.body.pdq), {});
    const { body } = await ask(service, "POST", "/m/lookup", { body: photo(barred) });
    assert.deepEqual(body, { pdq: { PICTURES: [{ bank_content_id: id, distance: String(distance) }] } });
  });

  it("hash a flat picture to an empty signal, which can't be looked up; banked, the very same file is found", async () => {
    const flat = await flatPicture("#a1b2c3");
    assert.deepEqual((await ask(service, "POST", "/h/hash", { body: photo(flat) })).body, { pdq: "" });
    const unknown = await ask(service, "POST", "/m/lookup", { body: photo(flat) });
    assert.deepEqual([unknown.status, unknown.body], [400, { message: "invalid signal: invalid PDQ hash" }]);
    const { id, signals } = await bank(flat);
    assert.deepEqual(signals, {});
    const known = await ask(service, "POST", "/m/lookup", { body: photo(flat) });
    assert.deepEqual(known.body, { pdq: { PICTURES: [{ bank_content_id: id, distance: "0" }] } });
    const other = await ask(service, "POST", "/m/lookup", { body: photo(await flatPicture("#a1b2c4")) });
    assert.equal(other.status, 400);
  });

  it("are refused a signal that flat pictures share, which is never banked, and match nothing by it", async () => {
    for (const pdq of ["0".repeat(64), "f".repeat(64)]) {
      const { status, body } = await ask(service, "POST", "/c/bank/PICTURES/signal", { body: { pdq } });
      assert.equal(status, 400);
      assert.match(body.message, /^Invalid pdq signal: /);
      assert.deepEqual(await lookUp(pdq), {});
    }
  });

  it("compare two signals without any bank", async () => {
    const [one = "", two = ""] = [needles[0], moved(needles[0] ?? "", 31, 1)];
    const near = await ask(service, "POST", "/m/compare", { body: { pdq: [one, two] } });
    assert.deepEqual(near.body, { pdq: [true, { distance: 31 }] });
    const far = moved(two, 64, 2);
    const { body } = await ask(service, "POST", "/m/compare", { body: { pdq: [one, far] } });
    assert.deepEqual(body, { pdq: [false, { distance: hammingDistance(one, far) }] });
    const md5 = "cab08b36195edb1a1231d2d09fa450e0";
    const exact = await ask(service, "POST", "/m/compare", { body: { video_md5: [md5, md5.toUpperCase()] } });
    assert.deepEqual(exact.body, { video_md5: [true, {}] });
  });
});
