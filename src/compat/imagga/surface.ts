import { Hono } from "hono";
import type { AppEnv } from "../../http/request-variables.ts";
import type { Surface } from "../surface.ts";

export const imagga: Surface = {
  name: "imagga",
  routes: () => new Hono<AppEnv>(),
  refusal: () => null,
};
