import type { Surface } from "../surface.ts";
import { azureContentModeratorRefusal } from "./refusal.ts";
import { azureContentModeratorRoutes } from "./routes.ts";

/** The image lists of Azure Content Moderator, and the two of its checks that they and the scores can answer. */
export const azureContentModerator: Surface = {
  name: "azure-content-moderator",
  routes: azureContentModeratorRoutes,
  refusal: azureContentModeratorRefusal,
};
