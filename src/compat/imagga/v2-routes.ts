import type { Context, Hono } from "hono";
import { AppError } from "../../errors.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { checkImage } from "../../services/check-image.ts";
import type { AppContext } from "../../services/context.ts";
import { deleteUpload } from "../../services/delete-upload.ts";
import { randomBase62 } from "../../services/ids.ts";
import { keepUpload } from "../../services/keep-upload.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { listMember } from "../list-member.ts";
import { CATEGORIZERS, categorize, findCategorizer, presentCategorizer } from "./categorizers.ts";
import type { Concurrency } from "./concurrency.ts";
import { identify } from "./credentials.ts";
import { errorBody } from "./failures.ts";
import { parseLanguages } from "./languages.ts";
import { readFigures } from "./own-usage.ts";
import { presentV2Usage } from "./present-usage.ts";
import { tellQuota } from "./quota-headers.ts";
import { readV2Body, sentImages } from "./sent-image.ts";
import { serve } from "./serve.ts";
import { readV2Request } from "./v2-request.ts";
import { translate } from "./words.ts";

const SUCCESS = { type: "success", text: "" } as const;

/** `i` and 31 more characters, as the vendor's: 184 random bits. */
const newUploadId = () => `i${randomBase62(31)}`;

/** v2: `/uploads`, `/categories/<categorizer>`, `/categorizers` and `/usage`. */
export function serveV2(surface: Hono<AppEnv>, app: AppContext, open: OpenRequest, concurrency: Concurrency): void {
  async function upload(c: Context<AppEnv>): Promise<Response> {
    const images = sentImages(await readV2Body(c));
    if (isOpenForLong(c)) await identify(c, open);
    const [image] = images;
    if (image === undefined || images.length > 1) {
      const received = image === undefined ? "none" : images.map(({ name }) => name).join(" and ");
      throw new AppError(
        "parameter_invalid",
        `Expected exactly one of image and image_base64 but received ${received}`,
      );
    }
    const id = newUploadId();
    await keepUpload(c.get("ctx"), [{ id, bytes: image.receive().bytes }]);
    return c.json({ result: { upload_id: id }, status: SUCCESS });
  }

  async function categories(c: Context<AppEnv>): Promise<Response> {
    const categorizer = findCategorizer(c.req.param("categorizer") ?? "");
    const request = await readV2Request(c, open);
    const languages = parseLanguages(request.values("language")) ?? ["en"];
    if (request.values("save_index").length > 0 || request.values("save_id").length > 0) {
      // To say yes would be to promise that a visual search finds the image later.
      return c.json(
        errorBody(
          "v2",
          "save_index and save_id need visual search, which is not part of this service. Leave them out.",
        ),
        403,
      );
    }
    const result = await request.withSource((source) =>
      checkImage(c.get("ctx"), { source, lists: ALL_LISTS, classify: "auto" }),
    );
    tellQuota(c, result.quota);
    const found = categorize(categorizer, result.classification?.scores ?? {}, app.workers.model);
    return c.json({
      result: {
        categories: found.map(({ confidence, name }) => ({ confidence, name: translate(name, languages) })),
        ...listMember(result),
      },
      status: SUCCESS,
    });
  }

  serve(surface, "/v2/uploads", { POST: upload });
  serve(surface, "/v2/uploads/:id", {
    DELETE: async (c) => {
      await deleteUpload(c.get("ctx"), c.req.param("id") ?? "");
      return c.json({ status: SUCCESS });
    },
  });
  serve(surface, "/v2/categories/:categorizer", { GET: categories, POST: categories });
  serve(surface, "/v2/categorizers", {
    GET: (c) => c.json({ result: { categorizers: CATEGORIZERS.map(presentCategorizer) }, status: SUCCESS }),
  });
  serve(surface, "/v2/usage", {
    GET: async (c) => {
      const read = await readFigures(c, concurrency);
      const result = presentV2Usage(read.figures, {
        history: c.req.query("history") === "1",
        concurrency: c.req.query("concurrency") === "1" ? read.concurrency : null,
      });
      return c.json({ result, status: SUCCESS });
    },
  });
}
