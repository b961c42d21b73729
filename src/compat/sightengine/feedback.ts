import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { giveFeedback } from "../../services/give-feedback.ts";
import { FEEDBACK_MODELS, feedbackClasses } from "./feedback-classes.ts";
import type { Parameters } from "./parameters.ts";
import { readCall, requireCallImage } from "./read-call.ts";
import { mediaFacts, requestFacts } from "./request-facts.ts";

/** `feedback.json`: what an image really is, at no cost. */
export async function handleFeedback(c: Context<AppEnv>, open: OpenRequest): Promise<Response> {
  const call = await readCall(c, open);
  const said = readSaid(call.parameters);
  const { source, uri } = requireCallImage(call);
  await giveFeedback(c.get("ctx"), { source, surface: "sightengine", ...said });
  return c.json({ status: "success", request: requestFacts(c.get("requestId"), 0), media: mediaFacts(uri) });
}

/** @throws AppError parameter_invalid for a model or a class that the vendor's table doesn't have */
function readSaid(parameters: Parameters): { model: string; class: string } {
  const model = parameters.get("model");
  const classes = model === undefined ? null : feedbackClasses(model);
  if (model === undefined || classes === null) throw invalid("model", FEEDBACK_MODELS, model);
  const said = parameters.get("class");
  if (said === undefined || !classes.includes(said)) throw invalid("class", classes, said);
  return { model, class: said };
}

function invalid(field: string, expected: readonly string[], given: string | undefined): AppError {
  const received = given === undefined ? "nothing" : JSON.stringify(given.slice(0, 60));
  return new AppError("parameter_invalid", `Expected ${expected.join(", ")} for ${field} but received ${received}`, {
    field,
  });
}
