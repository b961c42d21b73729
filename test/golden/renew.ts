import { checkGolden, type GoldenHashes, type GoldenPicture, type GoldenSet } from "../../src/worker/golden-check.ts";
import { checkGoldenNeural, type GoldenNeural } from "../../src/worker/golden-neural.ts";

/** A golden picture without its hashes. */
export type GoldenFile = Pick<GoldenPicture, "name" | "lossless" | "base64">;

/**
 * The golden set of this build. Pictures of the previous set are kept as they are, so that no encoder has a say; others are
 * added. Hashes change only where the fingerprint version did.
 * @param neural by the model that comes with the project; null where it makes none
 * @throws Error where a hash moved and FINGERPRINT_VERSION, or the model's version, was not raised: what is stored would
 * silently be compared with something else
 */
export async function renewGolden(
  previous: GoldenSet,
  files: readonly GoldenFile[],
  fingerprintVersion: number,
  fingerprint: (file: Uint8Array) => Promise<GoldenHashes>,
  neural: GoldenNeural | null,
): Promise<GoldenSet> {
  const isRaised = fingerprintVersion !== previous.fingerprintVersion;
  if (!isRaised) await requireUnmoved(previous, fingerprint);
  const pictures = files.map(async (file) => {
    const known = previous.pictures.find(({ name }) => name === file.name);
    if (known !== undefined && !isRaised) return known;
    const { name, lossless, base64 } = known ?? file;
    const { pdq, blockhash, variants } = await fingerprint(Buffer.from(base64, "base64"));
    return { name, lossless, base64, pdq, blockhash, variants };
  });
  await checkGoldenNeural(previous, neural?.version ?? null, async () => neural?.hash ?? null);
  return { fingerprintVersion, pictures: await Promise.all(pictures), neural };
}

async function requireUnmoved(
  previous: GoldenSet,
  fingerprint: (file: Uint8Array) => Promise<GoldenHashes>,
): Promise<void> {
  await checkGolden(previous, fingerprint).catch((cause: Error) => {
    throw new Error(
      `Hashes moved, so raise FINGERPRINT_VERSION in src/fingerprint/version.ts and say there which versions may be compared: ${cause.message}`,
      { cause },
    );
  });
}
