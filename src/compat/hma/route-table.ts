import type { Context, Hono } from "hono";
import { AppError } from "../../errors.ts";
import type { AppEnv } from "../../http/request-variables.ts";

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** HMA's routes as they are being put together, named by Flask's rules: `/c/bank/<bank_name>/content/<int:content_id>`. */
export interface RouteTable {
  add(method: Method, rule: string, handler: (c: Context<AppEnv>) => Response | Promise<Response>): void;
  /** Every rule so far, sorted. */
  rules(): string[];
  /** Answers what is left below the surface's paths: 405 where the path takes another method, 404 elsewhere. */
  close(): void;
}

/** A key of this service's own form, which the log knows to leave out; one that an operator fixed doesn't belong in a path. */
const KEYED = "/hma/:key{lk_[0-9A-Za-z_]+}";

/**
 * Where a path of HMA's is served: at the root, and below a key for clients that can be given a base URL and nothing else. Coop's
 * default base URL ends with a slash, which makes `//c/banks` of its paths; HMA takes that.
 */
export function everyRoot(path: string): string[] {
  return ["", KEYED].flatMap((root) => [`${root}${path}`, `${root}/${path}`]);
}

/** Makes a table that fills `surface`. */
export function createRouteTable(surface: Hono<AppEnv>): RouteTable {
  const methods = new Map<string, Method[]>();
  return {
    add(method, rule, handler) {
      methods.set(rule, [...(methods.get(rule) ?? []), method]);
      surface.on(method, everyRoot(honoPath(rule)), handler);
    },
    rules: () => [...methods.keys()].sort(),
    close() {
      for (const [rule, taken] of methods) {
        surface.on(ALL, everyRoot(honoPath(rule)), (c) => {
          c.header("Allow", taken.join(", "));
          throw new AppError("method_not_allowed", `Expected ${taken.join(" or ")} for this path`);
        });
      }
      const left = ["/h/*", "/m/*", "/c/*", "/status/*"].flatMap(everyRoot);
      surface.on(ALL, [...left, "/hma/*"], () => {
        throw new AppError("route_not_found", "Expected the path of a route");
      });
    },
  };
}

const ALL = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** `<int:name>` -> `:name{[0-9]+}`, `<string:name>` and `<name>` -> `:name`. */
function honoPath(rule: string): string {
  return rule.replace(/<int:(\w+)>/g, ":$1{[0-9]+}").replace(/<(?:string:)?(\w+)>/g, ":$1");
}
