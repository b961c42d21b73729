import { randomInt } from "node:crypto";
import sharp from "sharp";
import { exchange } from "../../support/raw-exchange.ts";

/** Settings of an instance's control panel, with Misskey's own defaults. */
export interface DetectorSettings {
  readonly url: string;
  readonly key?: string;
  readonly maxImagesPerRequest?: number;
}

export interface Prediction {
  readonly className: string;
  readonly probability: number;
}

/**
 * A picture as Misskey's backend makes it ready for a detector (packages/backend/src/core/FileInfoService.ts): its middle
 * square in 299 x 299, the transparent parts grey, as PNG.
 */
export function prepare(picture: Buffer): Promise<Buffer> {
  const grey = { r: 119, g: 119, b: 119 };
  return sharp(picture).resize(299, 299).rotate().flatten({ background: grey }).png().toBuffer();
}

/**
 * Asks a detector as Misskey's backend does (packages/backend/src/core/SensitiveMediaDetectionService.ts, AiService.ts before):
 * PNGs in order, some at a time, as the files `image0`.. of a form. Null, "not sensitive", for whatever failed, and for all of
 * a request whose answer is not shaped as it should be.
 */
export async function detectSensitive(
  { url, key = "", maxImagesPerRequest = 4 }: DetectorSettings,
  images: readonly Buffer[],
): Promise<(readonly Prediction[] | null)[]> {
  const endpoint = new URL("v1/detect-images", url.endsWith("/") ? url : `${url}/`);
  const results: (readonly Prediction[] | null)[] = [];
  for (let from = 0; from < images.length; from += maxImagesPerRequest) {
    const some = images.slice(from, from + maxImagesPerRequest);
    const [answer] = await exchange(Number(endpoint.port), requestOf(endpoint, key, some));
    const isOk = answer !== undefined && answer.status >= 200 && answer.status <= 299;
    const body: unknown = isOk ? JSON.parse(answer.body) : null;
    const items = isAnswer(body) ? body.result.results : [];
    results.push(...some.map((_, place) => predictionsOf(items[place])));
  }
  return results;
}

/** The bytes that node-fetch 3 sends for a FormData: a boundary of 28 digits, and nothing behind the last one. */
function requestOf({ pathname, host }: URL, key: string, images: readonly Buffer[]): Buffer {
  const boundary = `----${Array.from({ length: 28 }, () => randomInt(10)).join("")}`;
  const parts = images.flatMap((image, place) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="image${place}"; filename="${place}.png"\r\nContent-Type: image/png\r\n\r\n`,
    ),
    image,
    Buffer.from("\r\n"),
  ]);
  const body = Buffer.concat([...parts, Buffer.from(`--${boundary}--`)]);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    "user-agent: Misskey/2026.9.0 (https://misskey.example)",
    ...(key === "" ? [] : [`authorization: Bearer ${key}`]),
    `content-type: multipart/form-data; boundary=${boundary}`,
    `content-length: ${body.length}`,
    "accept: */*",
    "accept-encoding: gzip, deflate, br",
    `Host: ${host}`,
    "Connection: keep-alive",
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}

type Item = { readonly success: true; readonly predictions: readonly Prediction[] } | { readonly success: false };
interface Answer {
  readonly success: true;
  readonly result: { readonly results: readonly Item[] };
}

/** One item that isn't shaped as it should be makes the whole answer unusable. */
function isAnswer(body: unknown): body is Answer {
  const { success, result } = (body ?? {}) as { success?: unknown; result?: { results?: unknown } };
  return success === true && Array.isArray(result?.results) && result.results.every(isItem);
}

function isItem(item: unknown): item is Item {
  const { success, predictions, error } = (item ?? {}) as {
    success?: unknown;
    predictions?: unknown;
    error?: { code?: unknown };
  };
  if (success === true) return Array.isArray(predictions) && predictions.every(isPrediction);
  return success === false && typeof error?.code === "string";
}

function isPrediction(prediction: Partial<Prediction>): boolean {
  return typeof prediction.className === "string" && typeof prediction.probability === "number";
}

function predictionsOf(item: Item | undefined): readonly Prediction[] | null {
  return item?.success === true ? item.predictions : null;
}
