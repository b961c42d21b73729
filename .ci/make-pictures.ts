import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { detailedPicture, shrunkCopy } from "../test/support/pictures.ts";

// npx tsx .ci/make-pictures.ts <folder>: photo.png, and copy.jpg, the same picture at half the size.
const folder = process.argv[2] ?? ".";
const picture = await detailedPicture(2026, 900, 700);
await writeFile(join(folder, "photo.png"), picture);
await writeFile(join(folder, "copy.jpg"), await shrunkCopy(picture));
