import type { Hono } from "hono";
import { AppError } from "../../errors.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { answerFailure, errorBody } from "./failures.ts";
import { OWN_PATTERNS, spellings, versionOf } from "./own-paths.ts";

/** What else the vendor's API does, by the first parts of its paths. */
const FEATURES: readonly (readonly [string, string])[] = [
  ["/v2/tags", "Tagging"],
  ["/v2/colors", "Colour extraction"],
  ["/v2/croppings", "Smart cropping"],
  ["/v2/faces", "Face recognition"],
  ["/v2/text", "Text recognition"],
  ["/v2/barcodes", "Barcode recognition"],
  ["/v2/remove-background", "Background removal"],
  ["/v2/similar-images", "Visual search"],
  ["/v2/batches", "Batch processing"],
  ["/v1/tagging", "Tagging"],
  ["/v1/colors", "Colour extraction"],
  ["/v1/croppings", "Smart cropping"],
];

/** The vendor's 403 is what it answers for features that a plan doesn't have; these are in no plan here. */
export function serveRefusals(surface: Hono<AppEnv>): void {
  for (const [path, feature] of FEATURES) {
    const body = errorBody(
      versionOf(path),
      `${feature} is not part of this service, which categorizes by adult content.`,
    );
    surface.on("ALL", below(path), (c) => c.json(body, 403));
  }
  surface.on("ALL", below("/v2/tickets"), (c) =>
    c.json(errorBody("v2", "There is no such ticket: nothing that this service does is answered by one."), 404),
  );
  for (const pattern of OWN_PATTERNS) {
    surface.all(pattern, (c) =>
      answerFailure(c, new AppError("route_not_found", "There is nothing at this path of the API.")),
    );
  }
}

function below(path: string): string[] {
  return spellings(path).map((each) => `${each}/*`);
}
