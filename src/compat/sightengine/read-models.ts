import { AppError } from "../../errors.ts";
import type { ModelFacts } from "../../services/context.ts";
import { type ServedModel, servedModels } from "./class-scores.ts";

/** Most names that a refusal repeats; the vendor has fewer models. */
const MOST_NAMED = 50;

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
    throw invalid(served, `${listed([...names])}, for which this service has no model`);
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

/** The first of them: a form has room for thousands. */
function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  const first = names.slice(0, MOST_NAMED).map(quote).join(", ");
  return more > 0 ? `${first} and ${more} more` : first;
}

function quote(name: string): string {
  return name.length > 60 ? `a name of ${name.length} characters` : name;
}
