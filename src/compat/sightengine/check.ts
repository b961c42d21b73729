import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import { parseListNames } from "../../http/list-names.ts";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { parseFields } from "../../http/routes/image-body.ts";
import { customId } from "../../http/schemas/list.ts";
import { banImage } from "../../services/ban-image.ts";
import { checkImage } from "../../services/check-image.ts";
import type { CheckResult } from "../../services/check-result.ts";
import type { RequestContext } from "../../services/context.ts";
import { fetchCaller } from "../../services/fetch-shares.ts";
import { type ImageSource, withImage } from "../../services/image-source.ts";
import { ALL_LISTS, type AskedLists } from "../../services/look-up-gate.ts";
import { requireScope } from "../../services/require-scope.ts";
import { answerCheck, type Checked } from "./answers.ts";
import { noteOperations } from "./charged-operations.ts";
import type { ServedModel } from "./class-scores.ts";
import { findListById } from "./find-list.ts";
import { LISTS_PARAMETER } from "./list-names-of-ours.ts";
import type { Parameters } from "./parameters.ts";
import { readCall, requireCallImage } from "./read-call.ts";
import { readModels } from "./read-models.ts";

/** Most lists that a call may name: each is looked up. */
const MOST_LISTS = 100;

const customIdParameter = z.object({ custom_id: customId.optional() });

/** What a call asks for. */
interface Asked {
  readonly models: readonly ServedModel[];
  /** Null where the image is only to be added to a list. */
  readonly lists: AskedLists | null;
  readonly addTo: { readonly list: string; readonly customId: string | null } | null;
}

/**
 * `check.json`, and a model's own path as old clients ask it: models, the lists, an addition to a list, or all of these.
 * @param pathModel the model that the path names, in place of `models`
 */
export async function handleCheck(c: Context<AppEnv>, open: OpenRequest, pathModel?: string): Promise<Response> {
  const call = await readCall(c, open);
  const ctx = c.get("ctx");
  const asked = await readAsked(ctx, call.parameters, pathModel);
  const { source, uri } = requireCallImage(call);
  return c.json(answerCheck(ctx, uri, asked.models, await run(c, source, asked)));
}

async function readAsked(ctx: RequestContext, parameters: Parameters, pathModel?: string): Promise<Asked> {
  const addTo = parameters.get("add_to_list");
  const lists = parameters.get(LISTS_PARAMETER);
  const names = pathModel ?? parameters.get("models");
  // The vendor's call that adds to a list has no models, and so costs nothing.
  const needsModels = addTo === undefined && lists === undefined;
  const models = names === undefined && !needsModels ? [] : readModels(names ?? "", ctx.workers.model);
  return {
    models,
    lists: models.length > 0 || lists !== undefined ? await readLists(ctx, lists) : null,
    addTo: addTo === undefined ? null : await readAddition(ctx, addTo, parameters.get("custom_id")),
  };
}

async function readLists(ctx: RequestContext, ids: string | undefined): Promise<AskedLists> {
  if (ids === undefined) return ALL_LISTS;
  const asked = parseListNames(ids) ?? [];
  if (asked.length === 0 || asked.length > MOST_LISTS) {
    const message = `Expected 1 to ${MOST_LISTS} lists for ${LISTS_PARAMETER} but received ${asked.length}`;
    throw new AppError("parameter_invalid", message, { field: LISTS_PARAMETER });
  }
  const names: string[] = [];
  for (const id of asked) names.push(await findListById(ctx, id, LISTS_PARAMETER));
  return { ...ALL_LISTS, names: [...new Set(names)] };
}

async function readAddition(ctx: RequestContext, id: string, given: string | undefined): Promise<Asked["addTo"]> {
  requireScope(ctx, "lists");
  const { custom_id = null } = parseFields(customIdParameter, { custom_id: given });
  return { list: await findListById(ctx, id, "add_to_list"), customId: custom_id };
}

/** Checks before it adds: the image would match itself otherwise. What is fetched for both is fetched once. */
async function run(c: Context<AppEnv>, source: ImageSource, asked: Asked): Promise<Checked> {
  const ctx = c.get("ctx");
  const both = asked.lists !== null && asked.addTo !== null;
  return both
    ? await withImage(ctx, source, fetchCaller(ctx), (image) => checkAndAdd(c, image, asked))
    : await checkAndAdd(c, source, asked);
}

async function checkAndAdd(c: Context<AppEnv>, source: ImageSource, asked: Asked): Promise<Checked> {
  const ctx = c.get("ctx");
  const result = asked.lists === null ? null : await check(ctx, source, asked.lists, asked.models.length);
  if (result !== null) noteOperations(c.req.raw, result.quota.charged);
  if (asked.addTo === null) return { result, added: null };
  const { list, customId } = asked.addTo;
  const picture = { listName: list, picture: source, customId, note: "", expiresAt: null };
  return { result, added: { list, ban: await banImage(ctx, picture) } };
}

/** An operation for each model, whoever sent the image before; one for the lists where they are all that is asked. */
async function check(
  ctx: RequestContext,
  source: ImageSource,
  lists: AskedLists,
  models: number,
): Promise<CheckResult> {
  const flatUnits = Math.max(1, models);
  const result = await checkImage(ctx, { source, lists, classify: models > 0 ? "auto" : "never", flatUnits });
  if (models === 0 || result.classification !== null) return result;
  throw new AppError("internal", "Expected scores for an image that was to be classified");
}
