import { MOST_PROFILES } from "../schemas/profile.ts";

const string = { type: "string" as const };
const url = { ...string, format: "uri", description: "Where to fetch the picture" };
const name = { ...string, description: "The name to hold against the lists of names", example: "PayPal Support" };
const id = { ...string, description: "The caller's own name for the profile, answered as it is" };
const LISTS = "Names of the lists to search, of names and of pictures. Default: every enabled list.";
const removeBelow = {
  type: "number" as const,
  minimum: 0,
  maximum: 1,
  description: "A picture whose safe share is less has its profile removed. Default 0.4.",
};
const profile = { id, name, url };
const binary = { ...string, format: "binary" };
const base64 = { ...string, description: "The picture in base64, with or without a data: URL around it" };
const jsonProfile = { ...profile, image: base64 };
const rules = { lists: { ...string, description: `${LISTS} Comma-separated.` }, remove_below: removeBelow };
const jsonRules = {
  lists: { description: `${LISTS} An array, or comma-separated.`, type: "array" as const, items: string },
  remove_below: removeBelow,
};

/**
 * The OpenAPI request body of a profile check. Plain schemas, not zod: the body is read as a stream by readImageBody, and a
 * validator would read it first.
 */
export const profilesBody = {
  required: true,
  content: {
    "application/json": {
      example: { name: "PayPal Support", url: "https://example.com/avatar.jpg" },
      schema: {
        type: "object" as const,
        properties: {
          ...jsonProfile,
          profiles: {
            type: "array" as const,
            description: `Instead of the members above: up to ${MOST_PROFILES} profiles`,
            items: { type: "object" as const, properties: jsonProfile },
          },
          ...jsonRules,
        },
      },
    },
    "multipart/form-data": {
      schema: { type: "object" as const, properties: { image: binary, ...profile, ...rules } },
    },
    "application/x-www-form-urlencoded": { schema: { type: "object" as const, properties: { ...profile, ...rules } } },
    "application/octet-stream": { schema: binary },
    "image/*": { schema: binary },
  },
};
