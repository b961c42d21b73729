import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { ERRORS } from "../../errors.ts";
import { checkProfiles, type ProfileAnswer, REMOVE_BELOW } from "../../services/check-profiles.ts";
import { isPictureFault } from "../../services/picture-faults.ts";
import { logFailure } from "../error-handler.ts";
import { presentQuota } from "../present.ts";
import { presentProfile } from "../present-profile.ts";
import { describeProblem, type Problem } from "../problem.ts";
import { readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";
import { quotaSchema } from "../schemas/check.ts";
import { ANONYMOUS_TOO, IDEMPOTENCY_PROBLEMS, idempotencyHeaders, problems } from "../schemas/problem.ts";
import { MOST_PROFILES, profileAnswerSchema } from "../schemas/profile.ts";
import { toAppError } from "../to-app-error.ts";
import { IMAGE_PROBLEMS } from "./image-body.ts";
import { profilesBody } from "./profiles-body.ts";
import { readProfiles } from "./read-profiles.ts";

const route = createRoute({
  method: "post",
  path: "/v1/profiles/check",
  tags: ["Check"],
  security: ANONYMOUS_TOO,
  summary: "Check the name and the picture of a profile",
  description: `Keep, review or remove: a name that matches a list of names, a picture that a list bans or that is less than ${REMOVE_BELOW} safe removes a profile. In JSON up to ${MOST_PROFILES} profiles at once, each answered by itself. Names cost nothing, pictures what a check costs.`,
  request: { headers: idempotencyHeaders, body: profilesBody },
  responses: {
    200: {
      description: "What to do with the profile, or with each of them",
      content: {
        "application/json": {
          schema: z.union([
            profileAnswerSchema,
            z.object({ profiles: z.array(profileAnswerSchema), quota: quotaSchema }),
          ]),
        },
      },
    },
    ...problems(
      ...IMAGE_PROBLEMS,
      ...IDEMPOTENCY_PROBLEMS,
      "list_not_found",
      "credentials_invalid",
      "scope_missing",
      "quota_exceeded",
    ),
  },
});

export function registerProfiles(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, async (c) => {
    const { isBulk, ...input } = readProfiles(await readImageBody(c));
    const { answers, quota } = await checkProfiles(c.get("ctx"), input);
    if (!isBulk) throwUndecided(answers);
    const presented = answers.map((answer, place) => {
      const id = input.profiles[place]?.id ?? null;
      return presentProfile(answer, { id, error: describeFailure(c, answer.failure), quota });
    });
    const [only] = presented;
    if (isBulk || only === undefined) return c.json({ profiles: presented, quota: presentQuota(quota) }, 200);
    return c.json(only, 200);
  });
}

/**
 * A profile by itself is answered wherever there is an answer: also where its picture can't be read, or where its name decides
 * by itself. What else went wrong is the call's own failure.
 * @throws what kept the profile from being checked
 */
function throwUndecided(answers: readonly ProfileAnswer[]): void {
  for (const { action, failure } of answers) {
    if (failure !== null && action !== "remove" && !isPictureFault(failure)) throw failure;
  }
}

/** The problem of one profile; what is our fault is logged as it would be for the whole call. */
function describeFailure(c: Context<AppEnv>, failure: unknown): Problem | null {
  if (failure === null) return null;
  const error = toAppError(failure);
  const requestId = c.get("requestId");
  logFailure(c.get("ctx").logger, c, requestId, error);
  // The same call may do better later: its answer isn't one to be repeated.
  if (ERRORS[error.code].retryable) c.set("isProvisional", true);
  return describeProblem(error, requestId);
}
