import { z } from "zod";

const label = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, "expected lower-case letters, digits, - or _");
const threeNumbers = z.tuple([z.number(), z.number(), z.number()]);
const side = z.int().min(1).max(2048);

/** How a whole picture becomes the model's input size; the picture is stretched, never cropped or padded. */
const resize = z.enum([
  /** tf.image.resize_bilinear(align_corners=true): corner pixels map to corner pixels; no antialiasing. */
  "bilinear-align-corners",
  /** Half-pixel centres, as torch.nn.functional.interpolate(mode="bilinear") does; no antialiasing. */
  "bilinear",
  /** The source pixel that holds the centre of the target pixel. */
  "nearest",
]);

const inputSchema = z.strictObject({
  /** Name of the ONNX input: float32, one picture per run. */
  name: z.string().min(1),
  width: side,
  height: side,
  layout: z.enum(["NHWC", "NCHW"]),
  channels: z.enum(["RGB", "BGR"]).default("RGB"),
  resize,
  /** A channel value v of 0..255 reaches the model as (v * scale - mean) / std. */
  scale: z
    .number()
    .positive()
    .default(1 / 255),
  /** Per channel, in the order of `channels`. */
  mean: threeNumbers.default([0, 0, 0]),
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).default([1, 1, 1]),
});

const outputSchema = z.strictObject({
  /** Name of the ONNX output: float32, one number per label. */
  name: z.string().min(1),
  /** What turns that output into probabilities; "none" where the model gives probabilities already. */
  activation: z.enum(["none", "softmax", "sigmoid"]).default("none"),
});

const neuralHashSchema = z.strictObject({
  /** Name of the ONNX output that the map takes: float32, as many numbers per picture as the map has inputs. */
  output: z.string().min(1),
  /** Name of the map's file, beside the sidecar. */
  map: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "expected the name of a file beside the sidecar"),
});

const sidecarSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "expected at most 64 lower-case letters, digits, . - or _"),
    input: inputSchema,
    output: outputSchema,
    /** One per output number, in the model's order. */
    labels: z.array(label).min(1),
    /** Labels whose probabilities add up to "unsafe". */
    unsafe: z.array(label).min(1),
    /** Labels whose probabilities add up to "suggestive": never more than a reason to look. */
    suggestive: z.array(label).default([]),
    /** Where left out, the model makes no neural hashes. */
    neuralHash: neuralHashSchema.optional(),
  })
  .superRefine((sidecar, context) => {
    if (new Set(sidecar.labels).size < sidecar.labels.length) {
      context.addIssue({ code: "custom", path: ["labels"], message: "expected every label once" });
    }
    for (const role of ["unsafe", "suggestive"] as const) {
      for (const name of sidecar[role]) {
        if (!sidecar.labels.includes(name)) {
          context.addIssue({
            code: "custom",
            path: [role],
            message: `expected names from labels but received ${name}`,
          });
        }
      }
    }
    for (const name of sidecar.suggestive) {
      if (sidecar.unsafe.includes(name)) {
        context.addIssue({ code: "custom", path: ["suggestive"], message: `${name} is in unsafe already` });
      }
    }
  });

/** What has to be known about an ONNX file to classify with it; models/README.md describes each member. */
export type ModelSidecar = z.infer<typeof sidecarSchema>;
export type ModelInput = ModelSidecar["input"];

/**
 * Reads the text of a sidecar. `source` names it in messages.
 *
 * @throws Error naming each wrong member, what was expected and what came.
 */
export function parseModelSidecar(text: string, source: string): ModelSidecar {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`Expected JSON in the model sidecar ${source}: ${String(cause)}`, { cause });
  }
  const result = sidecarSchema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "sidecar"}: ${issue.message}`);
  throw new Error(`The model sidecar ${source} is not valid: ${problems.join("; ")}`);
}
