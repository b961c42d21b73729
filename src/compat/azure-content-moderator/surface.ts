import { Hono } from "hono";
import type { AppEnv } from "../../http/request-variables.ts";
import type { Surface } from "../surface.ts";

export const azureContentModerator: Surface = {
  name: "azure-content-moderator",
  routes: () => new Hono<AppEnv>(),
  refusal: () => null,
};
