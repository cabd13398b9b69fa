/**
 * Makes dist/: hashed scripts, styles and icon under dist/assets/, and the HTML entries that name them.
 *
 * Entries have fixed names (library, watch, signin, docs/index); dist/manifest.json lists them with the files they use.
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const made = path.join(here, "dist.new");
const final = path.join(here, "dist");
const ENTRIES = { "library.html": "library", "watch.html": "watch", "signin.html": "signin", "docs/index.html": "docs" };

/** Bundles the scripts; a style that a script imports comes out beside it. Gives `{"watch.js": "/assets/watch-HASH.js", …}`. */
async function bundle() {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: ["src/library.js", "src/watch.js", "src/docs.js", "src/style/signin.css"],
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    // What a script imports only when it is wanted (dash.js) comes out as a file of its own, as does what two pages share.
    splitting: true,
    chunkNames: "[name]-[hash]",
    outdir: path.join(made, "assets"),
    bundle: true,
    minify: true,
    metafile: true,
    format: "esm",
    target: ["chrome111", "firefox115", "safari16.4"],
    // Licences of what is bundled stand in one file, see writeLicences.
    legalComments: "none",
    logLevel: "warning",
  });
  const names = Object.keys(metafile.outputs).map((file) => path.basename(file));
  return new Map(names.map((file) => [file.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, ""), `/assets/${file}`]));
}

async function addIcon(assets) {
  const icon = await readFile(path.join(here, "src/icon.svg"));
  const name = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8).toUpperCase()}.svg`;
  await writeFile(path.join(made, "assets", name), icon);
  assets.set("icon.svg", `/assets/${name}`);
}

const readPackage = async (name) => JSON.parse(await readFile(path.join(here, "node_modules", name, "package.json"), "utf8"));

/** What the pages are made of, with what that is made of in turn: some packages come with others inside. */
async function bundled() {
  const { dependencies } = JSON.parse(await readFile(path.join(here, "package.json"), "utf8"));
  const names = Object.keys(dependencies).filter((name) => name !== "esbuild");
  for (let i = 0; i < names.length; i += 1) {
    const { dependencies: inner = {} } = await readPackage(names[i]);
    names.push(...Object.keys(inner).filter((name) => !names.includes(name)));
  }
  return names;
}

async function licenceOf(name) {
  for (const file of ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "license"]) {
    const text = await readFile(path.join(here, "node_modules", name, file), "utf8").catch(() => null);
    if (text !== null) {
      return text;
    }
  }
  // A few name their licence in package.json only.
  return (await readPackage(name)).license;
}

/** What is bundled may be passed on only with its licence beside it. */
async function writeLicences() {
  const texts = (await bundled()).map(async (name) => `${name}\n${"=".repeat(name.length)}\n\n${await licenceOf(name)}\n`);
  await writeFile(path.join(made, "THIRD_PARTY.txt"), (await Promise.all(texts)).join("\n"));
}

const readPage = (name) => readFile(path.join(here, "src/pages", `${name}.html`), "utf8");

async function writePage(target, source, assets) {
  const template = (await readPage(source)).replace("{{head}}\n", await readPage("shared/head"));
  const used = [];
  const html = template.replace(/\{\{([\w.]+)\}\}/g, (_, name) => {
    const address = assets.get(name);
    if (address === undefined) {
      throw new Error(`${source}.html names ${name}, which was not built: ${[...assets.keys()].join(", ")}`);
    }
    used.push(address);
    return address;
  });
  const file = path.join(made, target);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, html);
  return [target, [...new Set(used)]];
}

await rm(made, { recursive: true, force: true });
const assets = await bundle();
await addIcon(assets);
await writeLicences();
const entries = await Promise.all(Object.entries(ENTRIES).map(([target, source]) => writePage(target, source, assets)));
await writeFile(path.join(made, "manifest.json"), `${JSON.stringify({ entries: Object.fromEntries(entries) }, null, 2)}\n`);
// Swapped in whole: a server that runs meanwhile never sees half a build.
await rm(final, { recursive: true, force: true });
await rename(made, final);
