import { Hono } from "hono";
import type { AppEnv } from "../../http/request-variables.ts";
import type { Surface } from "../surface.ts";

export const misskey: Surface = {
  name: "misskey",
  routes: () => new Hono<AppEnv>(),
  refusal: () => null,
};
