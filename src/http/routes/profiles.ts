import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { AppError, ERRORS } from "../../errors.ts";
import {
  checkProfiles,
  isPictureFault,
  type Profile,
  type ProfileAnswer,
  type ProfilesInput,
  REMOVE_BELOW,
} from "../../services/check-profiles.ts";
import { MAX_IMAGE_BYTES } from "../../services/image-source.ts";
import { receiveBase64 } from "../base64-image.ts";
import { logFailure } from "../error-handler.ts";
import { parseListNames } from "../list-names.ts";
import { presentQuota } from "../present.ts";
import { presentProfile } from "../present-profile.ts";
import { describeProblem, type Problem } from "../problem.ts";
import { type ReceivedBody, readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";
import { quotaSchema } from "../schemas/check.ts";
import { ANONYMOUS_TOO, IDEMPOTENCY_PROBLEMS, idempotencyHeaders, problems } from "../schemas/problem.ts";
import {
  MOST_PROFILES,
  profileAnswerSchema,
  profileFields,
  profileSchema,
  profilesSchema,
} from "../schemas/profile.ts";
import { toAppError } from "../to-app-error.ts";
import { IMAGE_PROBLEMS, parseFields } from "./image-body.ts";
import { profilesBody } from "./profiles-body.ts";

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

/** A profile, and what its sender calls it. */
interface SentProfile extends Profile {
  readonly id: string | null;
}

interface SentProfiles extends ProfilesInput {
  readonly profiles: readonly SentProfile[];
  /** Whether they came as many, and are to be answered so. */
  readonly isBulk: boolean;
}

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

function readProfiles(body: ReceivedBody): SentProfiles {
  if (body.kind === "json") {
    const isBulk = typeof body.json === "object" && body.json !== null && "profiles" in body.json;
    const { profiles, ...rules } = isBulk
      ? parseFields(profilesSchema, body.json)
      : split(parseFields(profileSchema, body.json));
    const read = profiles.map((profile, place) => readProfile(profile, isBulk ? `profiles[${place}].` : ""));
    return { profiles: read, isBulk, ...readRules(rules) };
  }
  const { lists, remove_below, ...profile } = parseFields(profileFields, body.fields);
  const read =
    body.image === null
      ? readProfile(profile, "")
      : { id: profile.id ?? null, name: profile.name ?? null, picture: onlyPicture(body.image, profile.url, "") };
  return { profiles: [read], isBulk: false, ...readRules({ lists, remove_below }) };
}

type Rules = Pick<z.infer<typeof profilesSchema>, "lists" | "remove_below">;
type JsonProfile = z.infer<typeof profilesSchema>["profiles"][number];

function split({ lists, remove_below, ...profile }: z.infer<typeof profileSchema>): Rules & {
  profiles: JsonProfile[];
} {
  return { profiles: [profile], lists, remove_below };
}

function readRules({ lists, remove_below }: Rules): Pick<ProfilesInput, "lists" | "removeBelow"> {
  const names = Array.isArray(lists) ? [...new Set(lists)] : parseListNames(lists);
  return { lists: names, removeBelow: remove_below ?? REMOVE_BELOW };
}

/** @param path of the profile in the body, for messages: `profiles[3].` */
function readProfile({ id, name, url, image }: JsonProfile, path: string): SentProfile {
  if (name === undefined && url === undefined && image === undefined) {
    const field = `${path}name`;
    throw new AppError("parameter_invalid", `Expected a name, an image or a url for ${field} but received none`, {
      field,
    });
  }
  const picture = image === undefined ? null : decodeImage(image, `${path}image`);
  return {
    id: id ?? null,
    name: name ?? null,
    picture: picture === null ? (url === undefined ? null : { url }) : onlyPicture(picture, url, path),
  };
}

function onlyPicture<Picture>(picture: Picture, url: string | undefined, path: string): Picture {
  if (url === undefined) return picture;
  const field = `${path}url`;
  throw new AppError("parameter_invalid", `Expected either an image or a url for ${field} but received both`, {
    field,
  });
}

/** One picture that is none doesn't fail the others. */
function decodeImage(text: string, field: string): Profile["picture"] {
  try {
    return receiveBase64(text, field, MAX_IMAGE_BYTES);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
