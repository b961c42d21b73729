/** The parts of an OpenAPI 3.1 document that the docs page reads. */
export interface OpenApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths?: Readonly<Record<string, PathItem>>;
  readonly components?: { readonly schemas?: object };
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface PathItem {
  readonly get?: Operation;
  readonly post?: Operation;
  readonly put?: Operation;
  readonly patch?: Operation;
  readonly delete?: Operation;
  readonly parameters?: readonly (Parameter | Reference)[];
}

export interface Reference {
  readonly $ref: string;
}

export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly deprecated?: boolean;
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: RequestBody | Reference;
  readonly responses?: Readonly<Record<string, Answer | Reference>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
  readonly example?: unknown;
}

export interface RequestBody {
  readonly description?: string;
  readonly required?: boolean;
  readonly content: Readonly<Record<string, Media>>;
}

export interface Answer {
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
}

/** A JSON Schema (draft 2020-12), as far as it is shown. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly examples?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

/** One operation with its place in the document. */
export interface PlacedOperation {
  /** GET, POST, ... */
  readonly method: string;
  readonly path: string;
  /** Unique in the page: the operationId, or method and path. */
  readonly anchor: string;
  readonly operation: Operation;
  /** The path's parameters and the operation's own. */
  readonly parameters: readonly Parameter[];
}

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** Every operation, in the order of the document. */
export function listOperations(document: OpenApiDocument): PlacedOperation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
      return [
        {
          method: method.toUpperCase(),
          path,
          anchor: slug(operation.operationId ?? `${method}-${path}`),
          operation,
          parameters: parameters.map((parameter) => resolve<Parameter>(document, parameter)),
        },
      ];
    }),
  );
}

/**
 * Follows `#/a/b` references until something else is there.
 * @throws RangeError where a reference leads nowhere
 */
export function resolve<T extends object>(document: OpenApiDocument, value: T | Reference): T {
  let current: T | Reference = value;
  for (let depth = 0; isReference(current); depth++) {
    const reference: string = current.$ref;
    let target: unknown = document;
    for (const key of reference.replace(/^#\//, "").split("/")) {
      target = typeof target === "object" && target !== null ? Reflect.get(target, key) : undefined;
    }
    if (typeof target !== "object" || target === null || depth > 20) {
      throw new RangeError(`Expected a schema at ${reference} but found none`);
    }
    current = target as T | Reference;
  }
  return current as T;
}

function isReference(value: object): value is Reference {
  return "$ref" in value && typeof value.$ref === "string";
}

/** `/v1/lists/{name}` -> `v1-lists-name`, for anchors. */
export function slug(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9_]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .toLowerCase();
}
