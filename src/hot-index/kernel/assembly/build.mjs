// Compiles the kernel into ../kernel-bytes.ts: `npm run build:kernel`. The answer depends on nothing but the source and
// the compiler's version, so a test can compare.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const FLAGS = [
  "index.ts",
  "-O3",
  "--noAssert",
  ...["--runtime", "stub"],
  ...["--enable", "simd,threads,bulk-memory"],
  "--importMemory",
  "--sharedMemory",
  ...["--initialMemory", "1"],
  ...["--maximumMemory", "65536"],
  ...["--outFile", "kernel.wasm"],
];

/** The text of kernel-bytes.ts. */
export async function compileKernel() {
  let bytes;
  const { error, stderr } = await asc.main(FLAGS, {
    readFile: (name) => readFile(`${FOLDER}${name}`, "utf8").catch(() => null),
    writeFile(name, contents) {
      if (name === "kernel.wasm") bytes = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`The kernel does not compile:\n${stderr}`, { cause: error });
  const base64 = Buffer.from(bytes).toString("base64");
  return `/** The compiled kernel: \`npm run build:kernel\` makes this file of the source under assembly/. */
export const KERNEL_BASE64 =
  "${base64}";
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(`${FOLDER}../kernel-bytes.ts`, await compileKernel());
}
