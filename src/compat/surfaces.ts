import { azureContentModerator } from "./azure-content-moderator/surface.ts";
import { hma } from "./hma/surface.ts";
import { imagga } from "./imagga/surface.ts";
import { misskey } from "./misskey/surface.ts";
import { moderateContent } from "./moderatecontent/surface.ts";
import { nsfwCategorize } from "./nsfw-categorize/surface.ts";
import { openAi } from "./openai/surface.ts";
import { pictRs } from "./pict-rs/surface.ts";
import { pleroma } from "./pleroma/surface.ts";
import { sightengine } from "./sightengine/surface.ts";
import type { Surface } from "./surface.ts";

/** Every vendor's API that can be served; COMPAT names those that are. */
export const SURFACES: readonly Surface[] = [
  nsfwCategorize,
  sightengine,
  imagga,
  pictRs,
  misskey,
  pleroma,
  moderateContent,
  openAi,
  azureContentModerator,
  hma,
];
