import type { z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { type Profile, type ProfilesInput, REMOVE_BELOW } from "../../services/check-profiles.ts";
import { MAX_IMAGE_BYTES } from "../../services/image-source.ts";
import { receiveBase64 } from "../base64-image.ts";
import { parseListNames } from "../list-names.ts";
import type { ReceivedBody } from "../read-body.ts";
import { profileFields, profileSchema, profilesSchema } from "../schemas/profile.ts";
import { parseFields } from "./image-body.ts";

/** A profile, and what its sender calls it. */
export interface SentProfile extends Profile {
  readonly id: string | null;
}

export interface SentProfiles extends ProfilesInput {
  readonly profiles: readonly SentProfile[];
  /** Whether they came as many, and are to be answered so. */
  readonly isBulk: boolean;
}

/**
 * Reads one profile, or the many of a JSON body that has `profiles`.
 * @throws AppError parameter_invalid
 */
export function readProfiles(body: ReceivedBody): SentProfiles {
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
