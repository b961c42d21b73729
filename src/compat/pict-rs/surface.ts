import type { Surface } from "../surface.ts";
import { answerFailure } from "./answers.ts";
import { pictRsRoutes } from "./routes.ts";

const OWN_PATHS = /^\/(?:pict-rs|api\/v1\/(?:scan|pop))(?:[/?]|$)/;

/** External validation of pict-rs, the image host of Lemmy and others. */
export const pictRs: Surface = {
  name: "pict-rs",
  routes: pictRsRoutes,
  refusal(target, error) {
    if (!OWN_PATHS.test(target)) return null;
    return answerFailure(error, new URLSearchParams(target.split("?")[1] ?? ""));
  },
};
