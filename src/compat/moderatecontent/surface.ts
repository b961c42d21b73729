import type { Surface } from "../surface.ts";
import { answerFailure } from "./answers.ts";
import { moderateContentRoutes } from "./routes.ts";

/** ModerateContent.com, and the RATINGAPI setting of image hosts that were written for it. */
export const moderateContent: Surface = {
  name: "moderatecontent",
  routes: moderateContentRoutes,
  refusal: (target, error) =>
    /^\/moderate(?:[/?]|$)/.test(target) ? { status: 200, body: answerFailure(error) } : null,
};
