import { randomBytes } from "node:crypto";
import type { Context, Hono } from "hono";
import { logFailure } from "../../http/error-handler.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import { readImageBody, requireImage } from "../../http/read-body.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { toAppError } from "../../http/to-app-error.ts";
import { checkImages } from "../../services/check-images.ts";
import type { CheckResult } from "../../services/check-result.ts";
import type { AppContext } from "../../services/context.ts";
import { deleteUpload } from "../../services/delete-upload.ts";
import { keepUpload } from "../../services/keep-upload.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { listMember } from "../list-member.ts";
import { CATEGORIZERS, categorize, findCategorizer, presentCategorizer } from "./categorizers.ts";
import type { Concurrency } from "./concurrency.ts";
import { identify } from "./credentials.ts";
import { parseLanguages } from "./languages.ts";
import { readFigures } from "./own-usage.ts";
import { presentV1Usage } from "./present-usage.ts";
import { tellQuota } from "./quota-headers.ts";
import { serve } from "./serve.ts";
import { failureOfAll, presentOutcomes, type V1Outcome } from "./v1-outcomes.ts";
import { readV1Images } from "./v1-request.ts";
import { translate } from "./words.ts";

/** Most files of one upload. */
const MAX_FILES = 10;

/** 32 hex digits, as the vendor's: 128 random bits. */
const newContentId = () => randomBytes(16).toString("hex");

/** v1: `/content`, `/categorizations/<categorizer>`, `/categorizers` and `/usage`. */
export function serveV1(surface: Hono<AppEnv>, app: AppContext, open: OpenRequest, concurrency: Concurrency): void {
  async function content(c: Context<AppEnv>): Promise<Response> {
    const body = await readImageBody(c, { anyFile: true, maxImages: MAX_FILES });
    if (isOpenForLong(c)) await identify(c, open);
    requireImage(body);
    const files = body.images.map(({ field, image }) => ({ id: newContentId(), field, image }));
    await keepUpload(
      c.get("ctx"),
      files.map(({ id, image }) => ({ id, bytes: image.bytes })),
    );
    const uploaded = files.map(({ id, field, image }) => ({ id, filename: image.filename ?? field }));
    return c.json({ status: "success", uploaded });
  }

  async function categorizations(c: Context<AppEnv>): Promise<Response> {
    const categorizer = findCategorizer(c.req.param("categorizer") ?? "");
    const query = new URL(c.req.url).searchParams;
    const languages = parseLanguages(query.getAll("language"));
    const images = readV1Images(query);
    const places = images.map(({ place }) => place);
    const checked = await checkImages(c.get("ctx"), { places, lists: ALL_LISTS, classify: "auto" });
    const outcomes = images.flatMap(({ image }, index): V1Outcome[] => {
      const outcome = checked[index];
      if (outcome === undefined) return [];
      return "result" in outcome ? [{ image, ...outcome }] : [{ image, error: toAppError(outcome.error) }];
    });
    for (const outcome of outcomes) if ("result" in outcome) tellQuota(c, outcome.result.quota);
    const failure = failureOfAll(outcomes);
    if (failure !== null) throw failure;
    for (const outcome of outcomes) {
      if ("error" in outcome) logFailure(app.logger, c, c.get("requestId"), outcome.error);
    }
    const present = (result: CheckResult) => ({
      categories: categorize(categorizer, result.classification?.scores ?? {}, app.workers.model).map(
        // One name without a language and one for each with: the vendor's pages show the former only.
        ({ name, confidence }) => ({ name: languages === null ? name : translate(name, languages), confidence }),
      ),
      ...listMember(result),
    });
    return c.json(presentOutcomes(outcomes, present));
  }

  serve(surface, "/v1/content", { POST: content });
  serve(surface, "/v1/content/:id", {
    DELETE: async (c) => {
      await deleteUpload(c.get("ctx"), c.req.param("id") ?? "");
      return c.json({ status: "success" });
    },
  });
  serve(surface, "/v1/categorizations/:categorizer", { GET: categorizations });
  serve(surface, "/v1/categorizers", { GET: (c) => c.json(CATEGORIZERS.map(presentCategorizer)) });
  serve(surface, "/v1/usage", {
    GET: async (c) => {
      const { figures, concurrency: requests } = await readFigures(c, concurrency);
      return c.json(presentV1Usage(figures, requests));
    },
  });
}
