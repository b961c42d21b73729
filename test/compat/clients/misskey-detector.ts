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
 * Asks a detector as Misskey's backend does (packages/backend/src/core/AiService.ts): PNGs in order, some at a time, as the
 * files `image0`.. of a form. Null, "not sensitive", for whatever failed.
 */
export async function detectSensitive(
  { url, key = "", maxImagesPerRequest = 4 }: DetectorSettings,
  images: readonly Buffer[],
): Promise<(readonly Prediction[] | null)[]> {
  const endpoint = new URL("v1/detect-images", url.endsWith("/") ? url : `${url}/`).href;
  const results: (readonly Prediction[] | null)[] = [];
  for (let from = 0; from < images.length; from += maxImagesPerRequest) {
    const some = images.slice(from, from + maxImagesPerRequest);
    const form = new FormData();
    for (const [place, image] of some.entries()) {
      form.append(`image${place}`, new Blob([image], { type: "image/png" }), `${place}.png`);
    }
    const headers: Record<string, string> = key === "" ? {} : { Authorization: `Bearer ${key}` };
    const response = await fetch(endpoint, { method: "POST", headers, body: form });
    const body = response.ok ? ((await response.json()) as Answer) : { success: false as const };
    const items = body.success ? body.result.results : [];
    results.push(...some.map((_, place) => predictionsOf(items[place])));
  }
  return results;
}

type Item = { readonly success: true; readonly predictions: readonly Prediction[] } | { readonly success: false };
type Answer = { readonly success: true; readonly result: { readonly results: readonly Item[] } } | { success: false };

function predictionsOf(item: Item | undefined): readonly Prediction[] | null {
  return item?.success === true ? item.predictions : null;
}
