import type { Surface } from "../surface.ts";
import { hmaRefusal } from "./refusal.ts";
import { hmaRoutes } from "./routes.ts";

/** Meta's Hasher-Matcher-Actioner 2, as its source and its users' clients have it. */
export const hma: Surface = {
  name: "hma",
  routes: hmaRoutes,
  refusal: hmaRefusal,
};
