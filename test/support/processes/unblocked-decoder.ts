import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { loaderSamples } from "../../../src/image/loader-samples.ts";

// A process whose decoder nobody has closed: prints the names of the samples that it decodes, from memory and from disk.

async function decodes(input: Uint8Array | string): Promise<boolean> {
  return sharp(input)
    .raw()
    .toBuffer({ resolveWithObject: true })
    .then(
      ({ info }) => info.width === 8 && info.height === 8,
      () => false,
    );
}

const folder = await mkdtemp(join(tmpdir(), "lookalike-unblocked-"));
const memory: string[] = [];
const disk: string[] = [];
for (const { name, suffix, bytes } of loaderSamples()) {
  const path = join(folder, `sample${suffix}`);
  await writeFile(path, bytes);
  if (await decodes(bytes)) memory.push(name);
  if (await decodes(path)) disk.push(name);
}
await rm(folder, { recursive: true });
console.log(JSON.stringify({ memory, disk }));
