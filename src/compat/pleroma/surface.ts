import { ERRORS } from "../../errors.ts";
import type { Surface } from "../surface.ts";
import { answerFailure } from "./answers.ts";
import { pleromaRoutes } from "./routes.ts";

/** `/` is the policy's only with a url. */
const OWN_TARGETS = /^\/(?:(?:pleroma|batch-classify)(?:[/?]|$)|\?(?:.*&)?url=)/i;

/** The API that Pleroma's NsfwApiPolicy asks about attachments. */
export const pleroma: Surface = {
  name: "pleroma",
  routes: pleromaRoutes,
  refusal: (target, error) =>
    OWN_TARGETS.test(target) ? { status: ERRORS[error.code].status, body: answerFailure(error) } : null,
};
