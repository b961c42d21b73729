import { z } from "zod";
import { ERRORS, type ErrorCode } from "../errors.ts";
import { DETAIL_CAUSES, type DetailCause } from "../fingerprint/fingerprint.ts";
import { TRANSFORMS } from "../fingerprint/transform.ts";
import { IMAGE_FORMATS, type WorkerResponse } from "./protocol.ts";

/** What a worker may blame: the image, or itself. Anything else a worker says is not believed. */
const WORKER_CODES = (Object.keys(ERRORS) as ErrorCode[]).filter(
  (code) => code === "internal" || code.startsWith("image_"),
);

const count = z.int().nonnegative();
const side = z.int().positive();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const transforms = z.record(z.enum(TRANSFORMS), hash);
const CAUSES = Object.keys(DETAIL_CAUSES) as DetailCause[];

const report = z.strictObject({
  pdq: hash.nullable(),
  pdqQuality: z.int().min(0).max(100),
  blockhash: hash.nullable(),
  variants: z.array(z.strictObject({ trimmed: z.boolean(), pdq: transforms, blockhash: transforms })).max(2),
  detail: z.enum(["sufficient", "insufficient"]),
  detailCause: z.enum(CAUSES).nullable(),
  width: side,
  height: side,
  format: z.enum(IMAGE_FORMATS),
  frames: side,
});

const model = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  version: z.string().min(1),
  neuralVersion: z.string().min(1).nullable(),
  labels: z.array(z.string()).min(1),
  unsafeLabels: z.array(z.string()),
  suggestiveLabels: z.array(z.string()),
});

const response = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready"), model }),
  z.strictObject({ type: z.literal("unready"), reason: z.string() }),
  z.strictObject({ type: z.literal("started"), job: count }),
  z.strictObject({ type: z.literal("fingerprinted"), job: count, report, heldBytes: count }),
  z.strictObject({
    type: z.literal("classified"),
    job: count,
    classified: z.strictObject({
      scores: z.record(z.string(), z.number().min(0).max(1)),
      neural: z
        .string()
        .regex(/^[0-9a-f]{512}$/)
        .nullable(),
    }),
  }),
  z.strictObject({ type: z.literal("failed"), job: count, code: z.enum(WORKER_CODES), message: z.string().max(1000) }),
  z.strictObject({ type: z.literal("memory"), residentBytes: count }),
]) satisfies z.ZodType<WorkerResponse>;

/**
 * Check a frame from a worker against the protocol. A worker decodes strangers' bytes and may have been taken over, so
 * its answers are input like any other. Throws a ZodError on anything that is not a WorkerResponse.
 */
export function parseResponse(header: unknown): WorkerResponse {
  return response.parse(header);
}
