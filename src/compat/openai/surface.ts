import type { Surface } from "../surface.ts";
import { openAiRefusal } from "./refusal.ts";
import { openAiRoutes } from "./routes.ts";

/** OpenAI's moderations, `POST /v1/moderations`; every other path below /v1 is the native API's. */
export const openAi: Surface = {
  name: "openai",
  routes: openAiRoutes,
  refusal: openAiRefusal,
};
