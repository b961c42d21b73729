import { AppError } from "../../errors.ts";
import { countEntryHashes } from "../../services/count-entry-hashes.ts";
import { answerJson } from "./answer-json.ts";
import { badRequest } from "./errors.ts";
import { indexAges, wantedSignalTypes } from "./index-status.ts";
import { readJsonObject } from "./read-json.ts";
import type { RouteTable } from "./route-table.ts";
import { shortText } from "./short-text.ts";
import { CONTENT_SIGNALS, SIGNAL_KINDS } from "./signals.ts";

/**
 * What is as it is here: the signal and content types, and exchanges, of which there is none. An HMA that was set up without
 * any kind of exchange answers just so.
 */
export function addFixedRoutes(table: RouteTable): void {
  table.add("GET", "/c/signal_type", (c) =>
    answerJson(
      c,
      Object.keys(SIGNAL_KINDS).map((name) => ({ name, enabled_ratio: 1 })),
    ),
  );
  table.add("PUT", "/c/signal_type/<signal_type_name>", () => {
    throw badRequest("Signal types are fixed here");
  });
  table.add("GET", "/c/signal_type/index", async (c) => {
    const types = wantedSignalTypes(c.req.query("signal_type"));
    return answerJson(c, indexAges(types, await countEntryHashes(c.get("ctx"))));
  });
  table.add("GET", "/c/content_type", (c) =>
    answerJson(
      c,
      Object.keys(CONTENT_SIGNALS).map((name) => ({ name, enabled: true })),
    ),
  );

  table.add("GET", "/c/exchanges/apis", (c) => answerJson(c, []));
  for (const method of ["GET", "POST"] as const) {
    table.add(method, "/c/exchanges/api/<string:api_name>", (c) => {
      throw badRequest(`no such Exchange API '${shortText(c.req.param("api_name"))}'`);
    });
  }
  table.add("GET", "/c/exchanges/api/<string:api_name>/schema", (c) => {
    throw notFound(`Exchange API '${shortText(c.req.param("api_name"))}' not found`);
  });
  table.add("GET", "/c/exchanges", (c) => answerJson(c, []));
  table.add("POST", "/c/exchanges", async (c) => {
    const { bank, api } = await readJsonObject(c, "Request input was not a dict");
    if (bank === undefined || bank === null) throw badRequest("bank is required");
    if (api === undefined || api === null) throw badRequest("Field `api_type` is required");
    throw badRequest(`No such exchange type '${shortText(api)}'`);
  });
  for (const [method, rule] of [
    ["GET", "/c/exchange/<string:exchange_name>"],
    ["PUT", "/c/exchange/<string:exchange_name>"],
    ["GET", "/c/exchange/<string:exchange_name>/status"],
    ["POST", "/c/exchange/<string:exchange_name>/credentials"],
  ] as const) {
    table.add(method, rule, (c) => {
      throw notFound(`Exchange '${shortText(c.req.param("exchange_name"))}' not found`);
    });
  }
  table.add("DELETE", "/c/exchange/<string:exchange_name>", (c) => answerJson(c, { message: "Exchange deleted" }));
}

function notFound(message: string): AppError {
  return new AppError("entry_not_found", message);
}
