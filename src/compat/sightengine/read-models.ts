import { AppError } from "../../errors.ts";
import type { ModelFacts } from "../../services/context.ts";
import { type ServedModel, servedModels } from "./class-scores.ts";

/**
 * The models of a call, each once however often it is named. All of them or none: a check that left one out would look like
 * one that found nothing.
 * @param value names with commas between them
 * @throws AppError parameter_invalid naming those that can't be served
 */
export function readModels(value: string, facts: Pick<ModelFacts, "labels">): ServedModel[] {
  const served = servedModels(facts);
  const names = new Set(value.split(",").map((name) => name.trim()));
  names.delete("");
  const asked = served.filter(({ name }) => names.has(name));
  for (const { name } of asked) names.delete(name);
  if (names.size > 0) {
    throw invalid(served, `${[...names].map(quote).join(", ")}, for which this service has no model`);
  }
  if (asked.length === 0) throw invalid(served, "none");
  const versions = asked.filter(({ name }) => name.startsWith("nudity-2"));
  if (versions.length > 1) throw invalid(served, "two versions of nudity whose classes have the same names");
  return asked;
}

function invalid(served: readonly ServedModel[], received: string): AppError {
  const names = served.map(({ name }) => name).join(", ");
  return new AppError("parameter_invalid", `Expected ${names} for models but received ${received}`, {
    field: "models",
  });
}

function quote(name: string): string {
  return name.length > 60 ? `a name of ${name.length} characters` : name;
}
