import { writeFile } from "node:fs/promises";
import { renderErrorsMarkdown } from "../http/docs-page/errors-markdown.ts";

// Writes the parts of docs/ that are made from the code: `npm run generate:docs`.
await writeFile(new URL("../../docs/errors.md", import.meta.url), renderErrorsMarkdown());
