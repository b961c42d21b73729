import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import type { Context } from "hono";
import { AppError } from "../errors.ts";
import { readChunks } from "./read-body-chunks.ts";
import { bodyTooLarge, declaredLength } from "./read-body-limits.ts";
import { type ReceivedImage, receiveImage } from "./received-image.ts";

/** One part of a form, as its headers describe it. */
export interface FormPart {
  /** Whether it has a file name, be it an empty one. */
  readonly isFile: boolean;
  /** Its media type in lower case, without parameters; `text/plain` where it has none. */
  readonly type: string;
  /** Null where it has no bytes, or too many. */
  readonly image: ReceivedImage | null;
  readonly isTooLarge: boolean;
}

export interface FormPartLimits {
  readonly maxBodyBytes: number;
  readonly maxPartBytes: number;
  readonly maxParts: number;
}

/**
 * Reads multipart/form-data (RFC 7578) part by part, for surfaces that answer for each: whatever a part's name, type or
 * size, it has its place in what is returned. A body that is too large is refused as such whatever its content type.
 *
 * @throws AppError body_too_large, also for too many parts; content_type_unsupported; body_malformed; overloaded
 * @throws ClientAborted
 */
export async function readFormParts(c: Context, limits: FormPartLimits): Promise<readonly FormPart[]> {
  const { maxBodyBytes } = limits;
  const declared = declaredLength(c.req.header("content-length"));
  if (declared !== null && declared > maxBodyBytes) throw bodyTooLarge("body", maxBodyBytes, declared);
  const header = c.req.header("content-type") ?? "";
  const parser = mediaTypeOf(header) === "multipart/form-data" ? createParser(header, limits) : null;
  const collected = parser instanceof Busboy ? collectParts(parser, limits) : null;
  let failure: unknown;
  collected?.catch((error: unknown) => {
    failure = error;
  });
  let total = 0;
  await readChunks(c, (chunk) => {
    if (failure !== undefined) throw failure;
    total += chunk.length;
    if (total > maxBodyBytes) throw bodyTooLarge("body", maxBodyBytes, null);
    if (parser instanceof Busboy) parser.write(chunk);
  });
  if (parser instanceof AppError) throw parser;
  if (!(parser instanceof Busboy) || collected === null) {
    throw new AppError(
      "content_type_unsupported",
      `Expected the content type multipart/form-data for body but received ${JSON.stringify(header.slice(0, 80))}`,
    );
  }
  parser.end();
  return await collected;
}

function mediaTypeOf(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** The error is returned: what is too large is told before what is malformed. */
function createParser(contentType: string, { maxPartBytes, maxParts }: FormPartLimits): BusboyInstance | AppError {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      highWaterMark: 1024 * 1024,
      fileHwm: 1024 * 1024,
      isPartAFile: () => true,
      limits: { fileSize: maxPartBytes, files: maxParts, parts: maxParts, headerPairs: 32, headerSize: 16 * 1024 },
    });
  } catch (cause) {
    return malformed("a Content-Type without a boundary", cause);
  }
}

function collectParts(parser: BusboyInstance, { maxParts }: FormPartLimits): Promise<readonly FormPart[]> {
  return new Promise((resolve, reject) => {
    const parts: FormPart[] = [];
    let begun = 0;
    const tooMany = () => reject(new AppError("body_too_large", `Expected at most ${maxParts} parts for body`));
    parser.on("file", (_name, file: BusboyFileStream, filename: string | undefined, _encoding, type: string) => {
      const place = begun++;
      const image = receiveImage();
      let isTooLarge = false;
      // A part that breaks off fails the parser too; this keeps its own error from going unheard.
      file.on("error", reject);
      file.on("limit", () => {
        isTooLarge = true;
      });
      file.on("data", (chunk: Buffer) => image.add(chunk));
      file.on("end", () => {
        const bytes = image.length() > 0 && !isTooLarge ? image.finish(null) : null;
        parts[place] = { isFile: filename !== undefined, type: mediaTypeOf(type), image: bytes, isTooLarge };
      });
    });
    parser.on("partsLimit", tooMany);
    parser.on("filesLimit", tooMany);
    parser.on("error", (cause) => reject(malformed("parts that end too early or don't parse", cause)));
    parser.on("finish", () => resolve(parts));
  });
}

function malformed(received: string, cause: unknown): AppError {
  const message = `Expected multipart/form-data for body but received ${received}`;
  return new AppError("body_malformed", message, {}, { cause });
}
