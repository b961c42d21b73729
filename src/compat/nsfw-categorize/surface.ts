import type { Surface } from "../surface.ts";
import { nsfwCategorizeRefusal } from "./refusal.ts";
import { nsfwCategorizeRoutes } from "./routes.ts";

/** nsfw-categorize.it, as its public page describes it. */
export const nsfwCategorize: Surface = {
  name: "nsfw-categorize",
  routes: nsfwCategorizeRoutes,
  refusal: nsfwCategorizeRefusal,
};
