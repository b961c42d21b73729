import type { Surface } from "../surface.ts";
import { sightengineRefusal } from "./refusal.ts";
import { sightengineRoutes } from "./routes.ts";

/** Sightengine 1.0, images. */
export const sightengine: Surface = {
  name: "sightengine",
  routes: sightengineRoutes,
  refusal: sightengineRefusal,
};
