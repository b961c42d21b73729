/** A route of the native API, with its parameters filled in. */
export interface ApiRoute {
  readonly method: string;
  readonly path: string;
}

const EXAMPLES: Readonly<Record<string, string>> = { kind: "sha1", value: "0".repeat(40), name: "none", id: "none" };

/** Every operation that a running service's OpenAPI document names. */
export async function readApiRoutes(url: string): Promise<ApiRoute[]> {
  const response = await fetch(`${url}/openapi.json`);
  const { paths } = (await response.json()) as { paths: Readonly<Record<string, object>> };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => EXAMPLES[name] ?? "1"),
    })),
  );
}
