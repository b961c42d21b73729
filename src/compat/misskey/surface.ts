import type { Surface } from "../surface.ts";
import { answerFailure, statusOf } from "./answers.ts";
import { misskeyRoutes } from "./routes.ts";

/** The external detector of sensitive media that Misskey asks. */
export const misskey: Surface = {
  name: "misskey",
  routes: misskeyRoutes,
  refusal(target, error) {
    if (/^\/v1\/detect-images(?:[/?]|$)/.test(target)) return { status: statusOf(error), body: answerFailure(error) };
    if (/^\/health(?:\?|$)/.test(target)) {
      return { status: 503, body: { status: "unavailable", reason: "inference_saturated" } };
    }
    return null;
  },
};
