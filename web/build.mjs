// Bundles the script and style of the pages into dist/, which the program embeds.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

await mkdir("dist", { recursive: true });
const shared = { bundle: true, minify: true, target: ["es2020"], logLevel: "warning" };
await build({ ...shared, entryPoints: ["src/app.ts"], outfile: "dist/app.js", format: "iife" });
await build({ ...shared, entryPoints: ["src/near.ts"], outfile: "dist/near.js", format: "iife" });
await build({ ...shared, entryPoints: ["src/here.ts"], outfile: "dist/here.js", format: "iife" });
await build({ ...shared, entryPoints: ["src/screen.ts"], outfile: "dist/screen.js", format: "iife" });
await build({ ...shared, entryPoints: ["src/map.ts"], outfile: "dist/map.js", format: "iife", loader: { ".png": "dataurl" } });
await build({ ...shared, entryPoints: ["src/sw.ts"], outfile: "dist/sw.js", format: "iife" });
await build({ ...shared, entryPoints: ["src/app.css", "src/public.css"], outdir: "dist" });
await copyFile("src/icon.svg", "dist/icon.svg");
