// Copies the wanted files of the npm packages to static/vendor: strips source-map comments (manifest storage stumbles on
// them), refuses anything that would be fetched from elsewhere, builds the icon sprite, and records what it took in
// static/vendor/manifest.json. Run by `make vendor`; the result is committed.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OUT = process.argv[2] ?? 'static/vendor';
const MODULES = 'node_modules';
const FILES = {
  '@tabler/core': ['dist/css/tabler.min.css', 'dist/js/tabler.min.js'],
  'echarts': ['dist/echarts.min.js'],
  'tom-select': ['dist/js/tom-select.complete.min.js', 'dist/css/tom-select.bootstrap5.min.css'],
};
// @tabler/core ships no licence file; its files carry their MIT notice at the top.
const LICENCES = { '@tabler/icons': ['LICENSE'], 'echarts': ['LICENSE', 'NOTICE'], 'tom-select': ['LICENSE'] };
const ICONS = `
  adjustments alert-circle alert-triangle arrow-back-up arrow-down arrow-left arrow-right arrow-up arrows-exchange arrows-sort
  arrows-transfer-down ban barcode basket bell bolt book books box building building-bank building-factory-2 building-store
  building-warehouse calendar calendar-event calendar-stats cash chart-bar chart-histogram chart-line check checks chevron-down
  chevron-left chevron-right chevron-up circle-check circle-dot circle-x clipboard-check clipboard-list clock coin coins columns
  command copy cube dashboard device-desktop dots dots-vertical download edit external-link eye file-export file-import
  file-invoice file-spreadsheet file-text filter flag git-branch help hierarchy-2 history home hourglass info-circle key keyboard
  language layout-dashboard layout-grid link list list-check loader lock lock-open login logout menu-2 message microscope moon
  notes package packages paperclip pencil player-play plus printer qrcode receipt receipt-2 refresh report-money
  rosette-discount-check rotate-clockwise route scale search send settings shield-check shopping-cart sitemap stack-2 sun
  sun-moon test-pipe tool tools transform trash truck truck-delivery upload user users x
`.trim().split(/\s+/);

const FOREIGN = /(?:url\(["']?|["'`])((?:https?:)?\/\/(?:fonts|cdn|unpkg|fastly|esm)[^"'`)\s]*)/g;

function cleaned(buffer, source) {
  const text = buffer.toString('utf8').replace(/\/\*# sourceMappingURL=[^*]*\*\/|^\/\/# sourceMappingURL=.*$/gm, '');
  for (const match of text.matchAll(FOREIGN)) throw new Error(`${source} would fetch ${match[1]}`);
  return Buffer.from(text);
}

function metaOf(pkg) {
  return JSON.parse(readFileSync(join(MODULES, pkg, 'package.json'), 'utf8'));
}

const manifest = {};
function write(name, buffer, pkg) {
  const { version, license } = metaOf(pkg);
  writeFileSync(join(OUT, name), buffer);
  manifest[name] = { package: pkg, version, license, bytes: buffer.length, sha256: createHash('sha256').update(buffer).digest('hex') };
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(join(OUT, 'licences'), { recursive: true });
for (const [pkg, files] of Object.entries(FILES)) {
  for (const file of files) write(file.split('/').pop(), cleaned(readFileSync(join(MODULES, pkg, file)), `${pkg}/${file}`), pkg);
}

const symbols = ICONS.map((name) => {
  const svg = readFileSync(join(MODULES, '@tabler/icons/icons/outline', `${name}.svg`), 'utf8');
  const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, '').replace('</svg>', '').replace(/\s*\n\s*/g, '').trim();
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`;
});
write('icons.svg', Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`), '@tabler/icons');

for (const [pkg, files] of Object.entries(LICENCES)) {
  for (const file of files) write(`licences/${pkg.replace('@', '').replace('/', '-')}-${file}.txt`, readFileSync(join(MODULES, pkg, file)), pkg);
}
writeFileSync(join(OUT, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n');
console.log(Object.entries(manifest).map(([name, m]) => `${name}  ${m.package}@${m.version}  ${m.bytes}`).join('\n'));
