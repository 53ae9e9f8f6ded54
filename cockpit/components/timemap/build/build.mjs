// Bundles entry.js into ../vendor/deckgl.js, with the licences of what is in it and a record of versions and hash.
import { build } from "esbuild"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { gzipSync } from "node:zlib"

const VENDOR = "../vendor"
const result = await build({
  entryPoints: ["entry.js"], bundle: true, minify: true, format: "esm", target: "es2022", write: false, metafile: true,
  legalComments: "none", charset: "ascii", define: { "process.env.NODE_ENV": '"production"' }, platform: "browser",
})
// A loader of deck.gl would take its workers from a public host, which we never use: it names none.
const contents = Buffer.from(result.outputFiles[0].text.replaceAll("https://unpkg.com/", "/"))
const names = [...new Set(Object.keys(result.metafile.inputs)
  .map(path => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]).filter(Boolean))].sort()
const about = names.map(name => {
  const folder = `node_modules/${name}`, { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"))
  const file = readdirSync(folder).find(one => /^licen[cs]e/i.test(one))
  return { name, version, license, text: file && existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, "utf8").trim() : "" }
})
const licences = about.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text || "The package has no licence text of its own."}`)
writeFileSync(`${VENDOR}/deckgl.js`, contents)
writeFileSync(`${VENDOR}/LICENCES.txt`, `${licences.join(`\n\n${"-".repeat(80)}\n\n`)}\n`)
writeFileSync(`${VENDOR}/deckgl.json`, `${JSON.stringify({
  sha256: createHash("sha256").update(contents).digest("hex"), bytes: contents.length, gzip: gzipSync(contents, { level: 9 }).length,
  packages: Object.fromEntries(about.map(({ name, version, license }) => [name, `${version} ${license}`])),
}, null, 2)}\n`)
