import type { Surface } from "../surface.ts";
import { answerFailure } from "./answers.ts";
import { moderateContentRoutes } from "./routes.ts";

const OWN_PATHS = /^\/(?:moderate(?:[/?]|$)|api\/v2\/?(?:\?|$))/;

/** ModerateContent.com, and the RATINGAPI setting of image hosts that were written for it. */
export const moderateContent: Surface = {
  name: "moderatecontent",
  routes: moderateContentRoutes,
  refusal: (target, error) => (OWN_PATHS.test(target) ? { status: 200, body: answerFailure(error) } : null),
};
