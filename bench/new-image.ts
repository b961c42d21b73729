// A new image without the classifier, from the first byte sent to the answer, beside a bare sharp decode of the same bytes
// to raw pixels: one at a time, in turns, in one run. The answer has digests, both hashes, a search of lists and of seen
// images, and is stored.
//   npx tsx bench/new-image.ts
import { readdir, readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { detailedPicture } from "../test/support/pictures.ts";
import { sharedData } from "../test/support/shared-data.ts";
import { drive, median, rawRequest } from "./http/load.ts";
import { BENCH_KEY, startDatabase, startLookalike } from "./http/servers.ts";

const GOAL = 1.5;
const PHOTOS = 24;
const KINDS = [
  {
    name: "768 x 512 JPEG",
    width: 768,
    encode: (image: Sharp, round: number) => image.jpeg({ quality: 90 - round }),
  },
  {
    name: "768 x 512 PNG",
    width: 768,
    encode: (image: Sharp, round: number) => image.png({ compressionLevel: 6 + round }),
  },
  {
    name: "2048 wide JPEG",
    width: 2048,
    encode: (image: Sharp, round: number) => image.jpeg({ quality: 88 - round }),
  },
  {
    name: "4000 wide JPEG (10.7 MP)",
    width: 4000,
    encode: (image: Sharp, round: number) => image.jpeg({ quality: 88 - round }),
  },
];
const ROUNDS = 3;

// The decoder of a worker runs in one thread; so does the bare one.
sharp.concurrency(1);
sharp.cache(false);
const originals = await readPhotos();
const database = await startDatabase();
const ours = await startLookalike(database, { WORKERS: "1" });
const headers = { Authorization: `Bearer ${BENCH_KEY}`, "Content-Type": "application/octet-stream" };

console.log(`medians over ${originals.length} photos x ${ROUNDS}; goal: at most ${GOAL} x`);
for (const { name, width, encode } of KINDS) {
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const original of originals) {
      const bytes = await encode(sharp(original).resize({ width }), round).toBuffer();
      const startMs = performance.now();
      await sharp(bytes).raw().toBuffer();
      times.bare.push(performance.now() - startMs);
      const path = "/v1/images/check?classify=never";
      let request: Buffer | null = rawRequest("POST", path, headers, bytes);
      const next = () => {
        const given = request;
        request = null;
        return given;
      };
      times.ours.push(...(await drive(ours.port, 1, next)));
    }
  }
  const ratio = median(times.ours) / median(times.bare);
  console.log(
    `${name.padEnd(26)} ours ${median(times.ours).toFixed(1)} ms   bare decode ${median(times.bare).toFixed(1)} ms   ratio ${ratio.toFixed(2)}`,
  );
}
await ours.stop();
await database.close();

async function readPhotos(): Promise<Buffer[]> {
  const folder = sharedData("photos/kodak/");
  if (folder === null)
    return await Promise.all(Array.from({ length: PHOTOS }, (_, seed) => detailedPicture(seed, 768, 512)));
  const files = (await readdir(folder)).filter((file) => file.endsWith(".png")).slice(0, PHOTOS);
  return await Promise.all(files.map((file) => readFile(folder + file)));
}
