import type { Surface } from "../surface.ts";
import { imaggaRefusal } from "./refusal.ts";
import { imaggaRoutes } from "./routes.ts";

/** imagga.com, v2 and v1: adult content, uploads and usage. */
export const imagga: Surface = {
  name: "imagga",
  routes: imaggaRoutes,
  refusal: imaggaRefusal,
};
