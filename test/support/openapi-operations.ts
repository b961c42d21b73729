import type { TestService } from "./service.ts";

/** One operation of the service's own OpenAPI document. */
export interface Operation {
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly takesBody: boolean;
  /** Names of the parameters in the query. */
  readonly queryNames: readonly string[];
}

interface Described {
  readonly requestBody?: object;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}

export async function readOperations(service: TestService): Promise<Operation[]> {
  const response = await service.request("/openapi.json");
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, Described>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody, parameters = [] }]) => ({
      method: method.toUpperCase(),
      path,
      takesBody: requestBody !== undefined,
      queryNames: parameters.filter((each) => each.in === "query").map(({ name }) => name),
    })),
  );
}
