import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { AppError } from "../errors.ts";
import { decodeForHashes } from "./decode-image.ts";
import { type LoaderSample, loaderSamples } from "./loader-samples.ts";
import { sniffFormat } from "./sniff-format.ts";

/** What sharp says where no loader takes the input; anything else means that a loader looked at it. */
const NO_LOADER = /^Input (buffer|file) contains unsupported image format$/;

/**
 * Tries to open a file of every family of loaders that has to be closed: by the product's own way; by the decoder itself,
 * past the check of the first bytes; and as a file on disk, which is how files that name other files are opened. Pictures
 * of the formats that are read are tried as files on disk too, since only buffers may be read.
 *
 * Where no temporary folder can be written to, the files on disk are left out, and stderr says so.
 * @param pictures whole files of the formats that are read
 * @throws Error naming everything that opened
 */
export async function checkLoaders(
  pictures: readonly Uint8Array[],
  samples: readonly LoaderSample[] = loaderSamples(),
): Promise<void> {
  const opened = await findOpen(samples, async ({ name, bytes }) => {
    if (!(await isRefused(bytes))) return `${name} by upload`;
    return (await hasLoader(bytes)) ? name : null;
  });
  const files = pictures.map((bytes) => ({
    name: sniffFormat(bytes)?.toUpperCase() ?? "a picture",
    suffix: ".img",
    bytes,
  }));
  opened.push(...(await openedAsFiles([...samples, ...files])));
  if (opened.length > 0) {
    throw new Error(
      `Expected no loader but those of JPEG, PNG, WebP, GIF and AVIF from memory to be open but the decoder opens ` +
        `${opened.join(", ")}: a file of these kinds may read other files or run old code. Install the packages that ` +
        "package-lock.json names (npm ci), and nothing that changes sharp",
    );
  }
}

async function findOpen(
  samples: readonly LoaderSample[],
  tryOpen: (sample: LoaderSample) => Promise<string | null>,
): Promise<string[]> {
  const opened: string[] = [];
  for (const sample of samples) {
    const what = await tryOpen(sample);
    if (what !== null) opened.push(what);
  }
  return opened;
}

async function openedAsFiles(samples: readonly LoaderSample[]): Promise<string[]> {
  let folder: string;
  try {
    folder = await mkdtemp(join(tmpdir(), "lookalike-loaders-"));
  } catch (error) {
    console.error(`The loaders of files on disk were not tried: ${error}`);
    return [];
  }
  try {
    return await findOpen(samples, async ({ name, suffix, bytes }) => {
      const path = join(folder, `sample${suffix}`);
      await writeFile(path, bytes);
      return (await hasLoader(path)) ? `${name} as a file on disk` : null;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isRefused(bytes: Uint8Array): Promise<boolean> {
  try {
    await decodeForHashes(bytes);
    return false;
  } catch (error) {
    return error instanceof AppError;
  }
}

/** Whether a loader takes the input, be it only to find fault with it. */
async function hasLoader(input: Uint8Array | string): Promise<boolean> {
  try {
    await sharp(input).metadata();
    return true;
  } catch (error) {
    return !(error instanceof Error && NO_LOADER.test(error.message));
  }
}
