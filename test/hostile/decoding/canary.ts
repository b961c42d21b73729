import sharp from "sharp";
import { detailedPicture } from "../../support/pictures.ts";
import type { Sender } from "./send-file.ts";

/** A good photo that is checked again and again, in bytes that nobody sent before, so that it is decoded each time. */
export interface Canary {
  /** Checks it; null where its hashes are bit for bit those of the first time, else what is wrong. */
  sing(): Promise<string | null>;
  readonly songs: number;
}

interface Checked {
  readonly fingerprint: Record<string, unknown>;
}

export async function createCanary(sender: Sender): Promise<Canary> {
  const photo = await sharp(await detailedPicture(4711, 800, 600))
    .jpeg({ quality: 85 })
    .toBuffer();
  let songs = 0;
  let first: string | null = null;
  return {
    get songs() {
      return songs;
    },
    async sing() {
      songs += 1;
      const file = {
        corpus: "canary",
        name: `${songs}`,
        bytes: withComment(photo, `number ${String(songs).padStart(6, "0")}`),
      };
      const { outcome, violation, body } = await sender.send(file, "raw", { query: "?classify=never" });
      if (violation !== null || outcome !== "200") return `the canary was answered ${outcome} ${violation ?? ""}`;
      const { sha1, sha256, md5, ...hashes } = (JSON.parse(body) as Checked).fingerprint;
      const heard = JSON.stringify(hashes);
      first ??= heard;
      return heard === first ? null : `the canary's hashes are ${heard} and were ${first}`;
    },
  };
}

/** The JPEG with a comment behind its start: other bytes, the same picture. */
function withComment(jpeg: Buffer, text: string): Buffer {
  const comment = Buffer.alloc(4 + text.length);
  comment.writeUInt16BE(0xfffe, 0);
  comment.writeUInt16BE(2 + text.length, 2);
  comment.write(text, 4, "latin1");
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
}
